import { describe, expect, test } from "vitest";
import { fakeTurn, FakeServer } from "./fakes";
import { ConversationLog } from "./log";

const pending = (clientId: string) => ({ client_id: clientId, text: "hi", at: "2026-01-01T00:00:00Z", state: "sending" as const });

describe("conversation log", () => {
  test("the same turn twice is shown once, and order is by seq whatever order they come in", () => {
    const log = new ConversationLog();
    log.add([fakeTurn(2, "agent", "b"), fakeTurn(1, "user", "a"), fakeTurn(2, "agent", "b")]);
    expect(log.turns.map((turn) => turn.seq)).toEqual([1, 2]);
  });

  test("a waiting turn disappears when its saved turn arrives", () => {
    const log = new ConversationLog();
    log.queue(pending("x"));
    log.add([fakeTurn(1, "user", "hi", "x")]);
    expect(log.pending).toEqual([]);
  });

  test("an acknowledged turn is said even if the server never echoes it, and an echo does not double it", () => {
    const log = new ConversationLog();
    log.queue(pending("x"));
    log.apply({ type: "ack", client_id: "x", turn_id: "t1", seq: 1 });
    expect([log.pending.length, log.turns.length]).toEqual([0, 1]);
    log.apply({ type: "turn", turn: fakeTurn(1, "user", "hi", "x") });
    expect(log.turns.length).toBe(1);
  });

  test("a turn already saved is not queued again", () => {
    const log = new ConversationLog();
    log.add([fakeTurn(1, "user", "hi", "x")]);
    log.queue(pending("x"));
    expect(log.pending).toEqual([]);
  });

  test("a jump in seq reveals a gap, and reconnecting asks from before it", () => {
    const log = new ConversationLog();
    log.add([fakeTurn(1, "user", "a"), fakeTurn(2, "assistant", "b")]);
    expect(log.apply({ type: "turn", turn: fakeTurn(4, "agent", "d") })).toBe(true);
    expect(log.contiguousSeq).toBe(2);
    log.apply({ type: "turn", turn: fakeTurn(3, "agent", "c") });
    expect(log.contiguousSeq).toBe(4);
  });

  test("pieces of an answer build up and give way to the answer", () => {
    const log = new ConversationLog();
    log.apply({ type: "turn", turn: fakeTurn(1, "user", "q", "x") });
    log.apply({ type: "delta", client_id: "x", text: "Half " });
    log.apply({ type: "delta", client_id: "x", text: "an answer" });
    expect(log.draft?.text).toBe("Half an answer");
    log.apply({ type: "turn", turn: fakeTurn(2, "assistant", "Half an answer and the rest") });
    expect(log.draft).toBeNull();
  });

  test("a half-streamed answer is dropped when the line comes back, so that it cannot stay for ever", () => {
    const log = new ConversationLog();
    log.apply({ type: "delta", client_id: "x", text: "Half" });
    log.apply({ type: "hello", conversation: new FakeServer().conversation() });
    expect(log.draft).toBeNull();
  });

  test("a refused turn says so and can be sent again under the same id", () => {
    const log = new ConversationLog();
    log.queue(pending("x"));
    log.apply({ type: "error", code: "too_long", detail: "", client_id: "x" });
    expect(log.pending[0]).toMatchObject({ state: "failed", reason: "too_long" });
    log.retry("x");
    expect(log.pending[0]).toMatchObject({ state: "sending", client_id: "x" });
  });
});
