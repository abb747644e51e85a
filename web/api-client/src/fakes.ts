import type { Citation, Conversation, ConversationState, Turn } from "./types";

/** The server's side of a conversation for tests: one turn per client_id, drops lines on demand. */
export class FakeServer {
  turns: Turn[] = [];
  sockets: FakeSocket[] = [];
  opened = 0;
  socketsRefused = false;
  httpDown = false;
  exists = true;
  person: { id: number } | null = null;
  state: ConversationState = "bot";
  survey: Conversation["survey"] = null;
  ticket: Conversation["ticket"] = null;
  /** What every answer cites. */
  cite: Citation | null = null;
  /** Called before each socket frame is handled: "lose" swallows it, "cut" handles it and then drops the line. */
  fate: () => "keep" | "lose" | "cut" = () => "keep";

  connect = (url: string): WebSocket => {
    const socket = new FakeSocket(url, this);
    this.sockets.push(socket);
    queueMicrotask(() => socket.accept());
    return socket as unknown as WebSocket;
  };

  fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (this.httpDown) throw new TypeError("network");
    const path = new URL(String(input), "http://localhost").pathname.replace("/api/v1", "");
    const body = init?.body ? (JSON.parse(String(init.body)) as Record<string, string>) : {};
    return this.answer(path, body);
  };

  say(clientId: string, text: string): Turn[] {
    const known = this.turns.find((turn) => turn.client_id === clientId);
    if (known) return [known];
    const made = [this.add("user", text, clientId), this.add("assistant", `re: ${text}`, null)];
    return made;
  }

  add(role: Turn["role"], text: string, clientId: string | null = null): Turn {
    const seq = this.turns.length + 1;
    const citations = role === "assistant" && this.cite ? [this.cite] : [];
    const turn = { ...fakeTurn(seq, role, text, clientId), citations };
    this.turns.push(turn);
    for (const socket of this.sockets) socket.tell({ type: "turn", turn });
    return turn;
  }

  tellState(): void {
    const conversation = { ...this.conversation(), turns: undefined };
    for (const socket of this.sockets) socket.tell({ type: "conversation", conversation });
  }

  cutAll(code = 1006): void {
    for (const socket of [...this.sockets]) socket.drop(code);
  }

  conversation(after = 0): Conversation {
    const turns = this.turns.filter((turn) => turn.seq > after);
    const head = { id: "c1", token: "secret", state: this.state, locale: "zh", created_at: "2026-01-01T00:00:00Z" };
    return { ...head, ticket: this.ticket, agent: null, turns, survey: this.survey };
  }

  private answer(path: string, body: Record<string, string>): Response {
    if (path === "/auth/me") return json({ signed_in: !!this.person, person: this.person, csrf_token: "t" });
    if (path === "/conversations") {
      this.opened += 1;
      this.turns = [];
      this.exists = true;
      return json(this.conversation());
    }
    if (path === "/articles") return json({ items: [], total: 0 });
    if (!this.exists) return json({ title: "Not found", status: 404, code: "conversation_not_found" }, 404);
    if (path.endsWith("/turns")) return json({ turns: this.say(body.client_id ?? "", body.text ?? "") });
    if (path.endsWith("/rating")) this.survey = this.survey && { ...this.survey, rating: Number(body.rating) };
    return json(this.conversation());
  }
}

export class FakeSocket {
  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  sent: Record<string, unknown>[] = [];
  constructor(
    readonly url: string,
    private readonly server: FakeServer,
  ) {}

  accept(): void {
    if (this.readyState !== 0) return;
    if (this.server.socketsRefused) return this.drop(1006);
    this.readyState = 1;
    this.onopen?.();
    const after = Number(new URL(this.url).searchParams.get("after"));
    this.tell({ type: "hello", conversation: this.server.conversation(after) });
  }

  send(data: string): void {
    const frame = JSON.parse(data) as Record<string, string>;
    this.sent.push(frame);
    const fate = this.server.fate();
    if (fate === "lose") return;
    queueMicrotask(() => this.handle(frame, fate));
  }

  tell(frame: object): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.server.sockets = this.server.sockets.filter((socket) => socket !== this);
    this.onclose?.({ code });
  }

  close(): void {
    this.drop(1000);
  }

  private handle(frame: Record<string, string>, fate: string): void {
    if (frame.type === "ping") return this.tell({ type: "pong" });
    if (frame.type !== "turn") return;
    if (fate === "cut") {
      this.drop(1006); // the worst moment: saved, but the sender never hears of it
      this.server.say(frame.client_id ?? "", frame.text ?? "");
      return;
    }
    const [turn] = this.server.say(frame.client_id ?? "", frame.text ?? "");
    this.tell({ type: "ack", client_id: frame.client_id, turn_id: turn?.id, seq: turn?.seq });
  }
}

export function fakeTurn(seq: number, role: Turn["role"], text: string, clientId: string | null = null): Turn {
  return {
    id: `t${seq}`,
    seq,
    client_id: clientId,
    role,
    kind: role === "assistant" ? "answer" : "text",
    text,
    lang: "",
    citations: [],
    actions: [],
    confidence: null,
    created_at: "2026-01-01T00:00:00Z",
    author: null,
    feedback: null,
  };
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
}
