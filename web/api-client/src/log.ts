import type { Conversation, ServerFrame, Turn } from "./types";

/** A turn written here that the server has not confirmed yet. `client_id` makes sending it again harmless. */
export type Pending = {
  client_id: string;
  text: string;
  at: string;
  state: "sending" | "failed";
  reason?: string;
};

/**
 * What the reader sees of one conversation: confirmed turns in order, turns on their way, the answer being written.
 * Pure bookkeeping. Any frame may come twice, late or out of order; the result is the same.
 */
export class ConversationLog {
  head: Conversation | null = null;
  turns: Turn[] = [];
  pending: Pending[] = [];
  draft: { client_id: string; text: string } | null = null;

  /** Newest seq up to which nothing is missing; what `after=` carries on reconnect. */
  get contiguousSeq(): number {
    let seq = this.turns[0]?.seq ?? 0;
    for (const turn of this.turns.slice(1)) {
      if (turn.seq !== seq + 1) break;
      seq = turn.seq;
    }
    return seq;
  }

  get lastSeq(): number {
    return this.turns[this.turns.length - 1]?.seq ?? 0; // .at() would leave browsers of 2020 behind
  }

  /** Takes one server frame in. Returns true when it reveals that earlier turns are missing. */
  apply(frame: ServerFrame): boolean {
    switch (frame.type) {
      case "hello":
        this.draft = null; // the rest of a half-streamed answer does not come again, its turn does
        this.take(frame.conversation);
        return false;
      case "conversation":
        this.take(frame.conversation);
        return false;
      case "turn":
        return this.addLive(frame.turn);
      case "delta":
        this.addDelta(frame.client_id, frame.text);
        return false;
      case "ack":
        return this.confirm(frame.client_id, frame.turn_id, frame.seq);
      case "error":
        this.fail(frame.client_id, frame.code);
        return false;
      default:
        return false;
    }
  }

  /** Merges a conversation as the server tells it, with or without turns. */
  take(conversation: Omit<Conversation, "turns"> & { turns?: Turn[] }): void {
    const { turns = [], ...head } = conversation;
    this.head = { ...this.head, ...head, turns: [] };
    this.add(turns);
  }

  add(turns: Turn[]): void {
    if (!turns.length) return;
    const byId = new Map(this.turns.map((turn) => [turn.id, turn]));
    for (const turn of turns) byId.set(turn.id, turn);
    this.turns = [...byId.values()].sort((a, b) => a.seq - b.seq);
    const saved = new Set(this.turns.map((turn) => turn.client_id));
    this.pending = this.pending.filter((entry) => !saved.has(entry.client_id));
    if (turns.some((turn) => this.endsDraft(turn))) this.draft = null;
  }

  clear(): void {
    this.head = this.draft = null;
    this.turns = [];
    this.pending = [];
  }

  queue(entry: Pending): void {
    if (this.pending.some((known) => known.client_id === entry.client_id)) return;
    if (this.turns.some((turn) => turn.client_id === entry.client_id)) return;
    this.pending = [...this.pending, entry];
  }

  fail(clientId: string | null | undefined, reason: string): void {
    this.pending = this.pending.map((entry) =>
      entry.client_id === clientId ? { ...entry, state: "failed" as const, reason } : entry,
    );
    if (this.draft?.client_id === clientId) this.draft = null;
  }

  retry(clientId: string): void {
    this.pending = this.pending.map((entry) =>
      entry.client_id === clientId ? { client_id: clientId, text: entry.text, at: entry.at, state: "sending" } : entry,
    );
  }

  setFeedback(turnId: string, value: "up" | "down" | null): void {
    this.turns = this.turns.map((turn) => (turn.id === turnId ? { ...turn, feedback: value } : turn));
  }

  /** An acknowledged turn counts as said, whether or not the server also echoes it. */
  private confirm(clientId: string, turnId: string, seq: number): boolean {
    const entry = this.pending.find((known) => known.client_id === clientId);
    return entry ? this.addLive(ownTurn(entry, turnId, seq)) : false;
  }

  private addLive(turn: Turn): boolean {
    const gap = this.turns.length > 0 && turn.seq > this.lastSeq + 1;
    this.add([turn]);
    return gap;
  }

  private addDelta(clientId: string, text: string): void {
    const before = this.draft?.client_id === clientId ? this.draft.text : "";
    this.draft = { client_id: clientId, text: before + text };
  }

  private endsDraft(turn: Turn): boolean {
    if (!this.draft || turn.role === "user") return false;
    const asked = this.turns.find((known) => known.client_id === this.draft?.client_id);
    return !asked || turn.seq > asked.seq;
  }
}

function ownTurn(entry: Pending, id: string, seq: number): Turn {
  return {
    id,
    seq,
    client_id: entry.client_id,
    role: "user",
    kind: "text",
    text: entry.text,
    lang: "",
    citations: [],
    actions: [],
    confidence: null,
    created_at: entry.at,
    author: null,
    feedback: null,
  };
}
