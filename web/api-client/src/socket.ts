export type SocketState = "connecting" | "open" | "waiting" | "closed";

export type SocketOptions = {
  /** Called for every attempt, so that `after=` can carry the newest turn seen. */
  url: () => string;
  onFrame: (frame: unknown) => void;
  onState?: (state: SocketState, attempt: number) => void;
  /** Close codes after which trying again is pointless (4xxx: refused by us). */
  fatal?: (code: number) => boolean;
  create?: (url: string) => WebSocket;
  random?: () => number;
};

const BASE_MS = 500;
const LONGEST_MS = 20_000;
const PING_MS = 25_000;
const ANSWER_MS = 8_000;

/** Wait before attempt n (1, 2, …): doubles up to 20 s, half of it random so that a restarted server is not stormed. */
export function backoff(attempt: number, random = Math.random()): number {
  const ceiling = Math.min(LONGEST_MS, BASE_MS * 2 ** Math.max(0, attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}

/**
 * A socket that stays. It reconnects with backoff, at once when the network or the tab comes back,
 * and it notices a dead line by unanswered pings: phones drop sockets without saying so.
 */
export class StaySocket {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private stopped = true;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private pingTimer: ReturnType<typeof setTimeout> | undefined;
  private answerTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly wake = () => this.onWake();

  constructor(private readonly options: SocketOptions) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    globalThis.addEventListener?.("online", this.wake);
    globalThis.document?.addEventListener("visibilitychange", this.wake);
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    globalThis.removeEventListener?.("online", this.wake);
    globalThis.document?.removeEventListener("visibilitychange", this.wake);
    this.drop();
    this.tell("closed");
  }

  /** Sends when the line is open; false means the caller keeps the frame and sends it again after reconnecting. */
  send(frame: object): boolean {
    if (this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Opens a new line right away, e.g. because a gap in the turns was noticed. */
  reconnect(): void {
    if (this.stopped) return;
    this.drop();
    this.connect();
  }

  private connect(): void {
    this.retryTimer = undefined;
    this.tell("connecting");
    const create = this.options.create ?? ((url: string) => new WebSocket(url));
    let socket: WebSocket;
    try {
      socket = create(this.options.url());
    } catch {
      return this.later();
    }
    this.socket = socket;
    // Every handler checks that it still speaks for the current line: a late close of an old one must not kill the new.
    socket.onopen = () => socket === this.socket && this.onOpen();
    socket.onmessage = (message) => socket === this.socket && this.onMessage(message.data);
    socket.onclose = (event) => socket === this.socket && this.onClose(event.code);
  }

  private onOpen(): void {
    this.tell("open");
    this.schedulePing();
  }

  private onMessage(data: unknown): void {
    this.attempt = 0; // only a server that talks is a working line; an accept-then-close loop keeps backing off
    clearTimeout(this.answerTimer);
    this.answerTimer = undefined;
    let frame: unknown;
    try {
      frame = JSON.parse(String(data));
    } catch {
      return;
    }
    if (frame && typeof frame === "object") this.options.onFrame(frame);
  }

  private onClose(code: number): void {
    this.drop();
    if (this.stopped) return;
    if (this.options.fatal?.(code)) return this.stop();
    this.later();
  }

  private later(): void {
    this.attempt += 1;
    this.tell("waiting");
    this.retryTimer = setTimeout(() => this.connect(), backoff(this.attempt, (this.options.random ?? Math.random)()));
  }

  private onWake(): void {
    if (this.stopped || globalThis.document?.visibilityState === "hidden") return;
    if (this.socket?.readyState === 1) return this.ping(ANSWER_MS / 2);
    if (this.retryTimer !== undefined) this.reconnect();
  }

  private schedulePing(): void {
    clearTimeout(this.pingTimer);
    this.pingTimer = setTimeout(() => this.ping(ANSWER_MS), PING_MS);
  }

  private ping(patienceMs: number): void {
    this.send({ type: "ping" });
    this.answerTimer ??= setTimeout(() => this.onClose(4000), patienceMs);
    this.schedulePing();
  }

  private drop(): void {
    clearTimeout(this.retryTimer);
    clearTimeout(this.pingTimer);
    clearTimeout(this.answerTimer);
    this.retryTimer = this.pingTimer = this.answerTimer = undefined;
    const socket = this.socket;
    this.socket = null;
    if (socket && socket.readyState <= 1) socket.close();
  }

  private tell(state: SocketState): void {
    this.options.onState?.(state, this.attempt);
  }
}

/** Address of a socket for an API origin ("" = this page). */
export function socketUrl(origin: string, path: string, query: Record<string, string | number> = {}): string {
  const base = new URL(origin || globalThis.location.origin, globalThis.location.href);
  base.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  base.pathname = path;
  base.search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)])).toString();
  return base.toString();
}
