import { ApiError, type ApiClient } from "./http";
import { ConversationLine, type Link, type Place } from "./line";
import { ConversationLog, type Pending } from "./log";
import { socketUrl } from "./socket";
import type { Memory } from "./storage";
import type { Conversation, Turn } from "./types";

export type ConversationOptions = {
  api: ApiClient;
  memory: Memory;
  locale: () => string;
  place?: () => Place;
  onChange: () => void;
  createSocket?: (url: string) => WebSocket;
};

/** One customer's conversation: survives reloads and dropped lines, never says a turn twice, never loses one. */
export class ConversationClient {
  readonly log = new ConversationLog();
  private readonly line: ConversationLine;
  private owner = "anonymous";
  private starting: Promise<void> | null = null;
  private identifying: Promise<void> = Promise.resolve();

  constructor(private readonly options: ConversationOptions) {
    this.line = new ConversationLine({
      log: this.log,
      url: () => this.socketUrl(),
      place: () => this.options.place?.() ?? {},
      refetch: () => this.refetch(),
      post: (entry) => this.post(entry),
      onChange: () => this.changed(),
      ...(options.createSocket ? { create: options.createSocket } : {}),
    });
  }

  get id(): string | null {
    return this.options.memory.conversation?.id ?? null;
  }
  get api(): ApiClient {
    return this.options.api;
  }
  get link(): Link {
    return this.line.link;
  }
  get agentTyping(): boolean {
    return this.line.agentTyping;
  }
  get unread(): number {
    const readSeq = this.options.memory.conversation?.readSeq ?? 0;
    return this.log.turns.filter((turn) => turn.role !== "user" && turn.seq > readSeq).length;
  }

  /** Learns who is here. A change of person forgets the conversation: it was not theirs. */
  identify(): Promise<void> {
    const asking = this.askWho();
    this.identifying = asking.catch(() => undefined);
    return asking;
  }

  private async askWho(): Promise<void> {
    const earlier = new Set(this.log.pending.map((entry) => entry.client_id));
    const me = await this.options.api.me();
    const owner = me.person ? `person:${me.person.id}` : "anonymous";
    const known = this.options.memory.conversation;
    const before = this.owner;
    const changed = owner !== before && (this.log.head !== null || earlier.size > 0);
    this.owner = owner;
    if (!changed && !(known && known.owner !== owner)) return;
    const undelivered = this.log.pending;
    this.reset();
    for (const entry of undelivered) {
      if (!earlier.has(entry.client_id)) this.log.queue(entry); // written while we asked, by whoever is here now
      else if (before === "anonymous") this.submit({ ...entry, state: "sending" }); // the visitor is who logged in
    }
  }

  /** Picks up a conversation left by an earlier page, if there is one. */
  resume(): void {
    if (!this.id) return;
    for (const entry of this.options.memory.outbox) this.log.queue({ ...entry, state: "sending" });
    this.line.open();
    this.options.onChange();
  }

  say(text: string): void {
    this.submit({ client_id: randomId(), text, at: new Date().toISOString(), state: "sending" });
  }

  retry(clientId: string): void {
    this.log.retry(clientId);
    const entry = this.log.pending.find((known) => known.client_id === clientId);
    if (entry) this.submit(entry);
  }

  /** Asks for a person. Safe to repeat: one ticket per conversation. */
  async handOff(reason?: string): Promise<void> {
    await this.identifying;
    await this.ensure();
    const body = { ...(reason ? { reason } : {}), client_id: randomId() };
    this.log.take(await this.call<Conversation>("/handoff", body));
    this.changed();
  }

  async rate(rating: number, comment: string): Promise<void> {
    this.log.take(await this.call<Conversation>("/rating", { rating, ...(comment ? { comment } : {}) }));
    this.changed();
  }

  async feedback(turn: Turn, value: "up" | "down"): Promise<void> {
    const before = turn.feedback;
    this.log.setFeedback(turn.id, value);
    this.options.onChange();
    try {
      await this.call(`/turns/${encodeURIComponent(turn.id)}/feedback`, { value });
    } catch (error) {
      this.log.setFeedback(turn.id, before);
      this.options.onChange();
      throw error;
    }
  }

  typing(): void {
    this.line.typing();
  }

  markRead(): void {
    const known = this.options.memory.conversation;
    if (!known || known.readSeq >= this.log.lastSeq) return;
    this.options.memory.conversation = { ...known, readSeq: this.log.lastSeq };
    this.options.onChange();
  }

  /** Leaves this conversation behind; the next turn opens a new one. */
  reset(): void {
    this.line.close();
    this.options.memory.forget();
    this.log.clear();
    this.options.onChange();
  }

  stop(): void {
    this.line.close();
  }

  private submit(entry: Pending): void {
    this.log.queue(entry);
    this.changed();
    this.identifying.then(() => this.ensure()).then(
      () => this.line.deliver(entry),
      (error: unknown) => this.refuse(entry, error),
    );
  }

  private refuse(entry: Pending, error: unknown): void {
    this.log.fail(entry.client_id, error instanceof ApiError ? error.code : "failed");
    this.changed();
  }

  /** Opens the conversation on first need, once, however many callers wait for it. */
  private ensure(): Promise<void> {
    if (this.id) {
      this.line.open();
      return Promise.resolve();
    }
    this.starting ??= this.begin().finally(() => (this.starting = null));
    return this.starting;
  }

  private async begin(): Promise<void> {
    const body = { locale: this.options.locale(), ...this.options.place?.() };
    const made = await this.options.api.request<Conversation>("/conversations", { method: "POST", body });
    const token = this.owner === "anonymous" ? (made.token ?? null) : null;
    this.options.memory.conversation = { id: made.id, token, owner: this.owner, state: made.state, readSeq: 0 };
    this.log.take(made);
    this.changed();
    this.line.open();
  }

  private async post(entry: Pending): Promise<void> {
    try {
      const body = { text: entry.text, client_id: entry.client_id, ...this.options.place?.() };
      this.log.add((await this.call<{ turns: Turn[] }>("/turns", body)).turns);
    } catch (error) {
      if (error instanceof ApiError && error.code !== "network") this.refuse(entry, error);
    }
  }

  private async refetch(): Promise<boolean> {
    const asked = this.id;
    try {
      const conversation = await this.call<Conversation>("", undefined, "GET");
      if (asked === this.id) this.log.take(conversation);
      this.changed();
      return true;
    } catch (error) {
      if (asked === this.id && error instanceof ApiError && [401, 403, 404].includes(error.status)) this.startOver();
      return false;
    }
  }

  /** The conversation is gone on the server; what was not delivered goes into a new one. */
  private startOver(): void {
    const undelivered = this.log.pending;
    this.reset();
    for (const entry of undelivered) this.submit({ ...entry, state: "sending" });
  }

  private changed(): void {
    const known = this.options.memory.conversation;
    const state = this.log.head?.state;
    if (known && state && known.state !== state) this.options.memory.conversation = { ...known, state };
    this.options.memory.outbox = this.log.pending;
    this.options.onChange();
  }

  private socketUrl(): string {
    const known = this.options.memory.conversation;
    const query: Record<string, string | number> = { conversation: known?.id ?? "", after: this.log.contiguousSeq };
    if (known?.token) query.token = known.token;
    return socketUrl(this.options.api.origin, "/api/v1/ws", query);
  }

  private call<T = void>(path: string, body?: unknown, method: "GET" | "POST" = "POST"): Promise<T> {
    const known = this.options.memory.conversation;
    const headers: Record<string, string> = known?.token ? { "X-Conversation-Token": known.token } : {};
    const options = body === undefined ? { method, headers } : { method, headers, body };
    return this.options.api.request<T>(`/conversations/${encodeURIComponent(known?.id ?? "")}${path}`, options);
  }
}

/** crypto.randomUUID exists on https only; customers' intranet pages are often plain http. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
