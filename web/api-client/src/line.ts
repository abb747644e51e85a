import type { ConversationLog, Pending } from "./log";
import { StaySocket, type SocketState } from "./socket";
import type { PageContext, ServerFrame } from "./types";

/** idle: nothing to connect · connecting: first attempt · live: socket · polling: HTTP instead · offline: neither works now */
export type Link = "idle" | "connecting" | "live" | "polling" | "offline";
export type Place = { page?: string; context?: PageContext };

export type LineOptions = {
  log: ConversationLog;
  url: () => string;
  place: () => Place;
  /** Reads the conversation over HTTP into the log; false when nothing answered. */
  refetch: () => Promise<boolean>;
  /** Delivers one turn over HTTP, for when sockets do not get through. */
  post: (entry: Pending) => Promise<void>;
  onChange: () => void;
  create?: (url: string) => WebSocket;
};

/** Close code of a server that does not let this caller into this conversation. */
const REFUSED = 1008;
const ACK_MS = 15_000;
const POLL_MS = 5_000;
const AGENT_TYPING_MS = 6_000;
const OWN_TYPING_MS = 3_000;
/** Failed attempts after which plain HTTP takes over; some company proxies never let a socket through. */
const ATTEMPTS_BEFORE_POLLING = 3;

/** The line of one conversation: turns go out once connected and again after every reconnect until confirmed. */
export class ConversationLine {
  link: Link = "idle";
  agentTyping = false;
  private socket: StaySocket | null = null;
  private greeted = false;
  private typedAt = 0;
  private ackTimer: ReturnType<typeof setTimeout> | undefined;
  private pollTimer: ReturnType<typeof setTimeout> | undefined;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: LineOptions) {}

  open(): void {
    if (this.socket) return;
    this.socket = new StaySocket({
      url: this.options.url,
      onFrame: (frame) => this.onFrame(frame as ServerFrame),
      onState: (state, attempt) => this.onState(state, attempt),
      fatal: (code) => code === REFUSED,
      ...(this.options.create ? { create: this.options.create } : {}),
    });
    this.socket.start();
  }

  close(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.stop();
    this.greeted = false;
    this.link = "idle";
    this.agentTyping = false;
    for (const timer of [this.ackTimer, this.pollTimer, this.typingTimer]) clearTimeout(timer);
    this.pollTimer = undefined;
  }

  /** Sends now if the line is up; otherwise the turn waits in the log and goes out with the next hello or poll. */
  deliver(entry: Pending): void {
    if (this.greeted) this.sendTurn(entry);
    else if (this.link === "polling") void this.poll();
  }

  typing(): void {
    if (!this.greeted || Date.now() - this.typedAt < OWN_TYPING_MS) return;
    this.typedAt = Date.now();
    this.socket?.send({ type: "typing" });
  }

  private sendTurn(entry: Pending): void {
    this.socket?.send({ type: "turn", client_id: entry.client_id, text: entry.text, ...this.options.place() });
    clearTimeout(this.ackTimer);
    this.ackTimer = setTimeout(() => this.unconfirmed() && this.socket?.reconnect(), ACK_MS);
  }

  private unconfirmed(): boolean {
    return this.options.log.pending.some((entry) => entry.state === "sending");
  }

  private onFrame(frame: ServerFrame): void {
    const gap = this.options.log.apply(frame);
    if (frame.type === "hello") this.onHello();
    if (frame.type === "ack") clearTimeout(this.ackTimer);
    if (frame.type === "typing") this.showTyping();
    if (frame.type === "turn" && frame.turn.role === "agent") this.agentTyping = false;
    if (gap) void this.options.refetch();
    this.options.onChange();
  }

  private onHello(): void {
    this.greeted = true;
    this.link = "live";
    clearTimeout(this.pollTimer);
    this.pollTimer = undefined;
    for (const entry of this.options.log.pending) if (entry.state === "sending") this.sendTurn(entry);
  }

  private onState(state: SocketState, attempt: number): void {
    if (!this.socket) return;
    if (state !== "open") this.greeted = false;
    if (state === "connecting" && this.link === "idle") this.link = "connecting";
    if (state === "waiting") this.onWaiting(attempt);
    if (state === "closed") void this.onRefused();
    this.options.onChange();
  }

  private onWaiting(attempt: number): void {
    this.agentTyping = false;
    if (this.link !== "polling") this.link = "offline";
    if (attempt >= ATTEMPTS_BEFORE_POLLING && !this.pollTimer) void this.poll();
  }

  /** Asks over HTTP whether the conversation still exists (if not, a new one begins); if so, knocks again later. */
  private async onRefused(): Promise<void> {
    const refused = this.socket;
    await this.options.refetch();
    if (this.socket !== refused) return;
    this.close();
    this.link = "polling";
    this.pollTimer = setTimeout(() => this.open(), POLL_MS);
  }

  private async poll(): Promise<void> {
    clearTimeout(this.pollTimer);
    this.pollTimer = setTimeout(() => void this.poll(), POLL_MS);
    const reached = await this.options.refetch();
    if (!this.socket || this.greeted) return; // closed or back on the socket in the meantime
    this.link = reached ? "polling" : "offline";
    if (reached) for (const entry of [...this.options.log.pending]) if (entry.state === "sending") await this.options.post(entry);
    this.options.onChange();
  }

  private showTyping(): void {
    clearTimeout(this.typingTimer);
    this.agentTyping = true;
    this.typingTimer = setTimeout(() => {
      this.agentTyping = false;
      this.options.onChange();
    }, AGENT_TYPING_MS);
  }
}
