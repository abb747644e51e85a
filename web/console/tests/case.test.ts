import { ApiError, type Ticket } from "@jieda/api-client";
import { beforeEach, describe, expect, test, vi } from "vitest";
import type { DeskApi } from "../src/api/desk";
import { createCase } from "../src/desk/case";
import { setLocale } from "../src/app/i18n";
import { at, summary, whole } from "./samples";

const refusal = (code: string, more: Record<string, unknown> = {}) => new ApiError({ title: code, status: 409, code, ...more });

function desk(ticket: Ticket, more: Partial<DeskApi> = {}) {
  const api = { ticket: vi.fn(async () => ticket), markRead: vi.fn(async () => undefined), ...more } as unknown as DeskApi;
  const changed = vi.fn();
  return { open: createCase(api, changed), api, changed };
}

beforeEach(() => setLocale("en", false));

describe("the open case", () => {
  test("opening an unread ticket marks it read", async () => {
    const { open, api } = desk(whole(1, { unread: true }));
    await open.open("1");
    expect(api.markRead).toHaveBeenCalledWith(1);
  });
  test("losing a claim names the colleague and shows the newest state", async () => {
    const taken = whole(1, { version: 2, assignee: { id: 2, name: "Ingrid Tse" } });
    const answers = [whole(1), taken];
    const { open } = desk(whole(1), {
      ticket: async () => answers.shift() ?? taken,
      claim: async () => Promise.reject(refusal("ticket_taken", { assignee: { id: 2, name: "Ingrid Tse" } })),
    });
    await open.open("1");
    expect(await open.claim()).toBe(false);
    expect(open.state.notice).toContain("Ingrid Tse");
    expect(open.state.ticket?.assignee?.name).toBe("Ingrid Tse");
    expect(open.state.busy).toBeNull();
  });
  test("a claim that failed only because our copy was old is tried once more", async () => {
    const claim = vi.fn(async (_id: unknown, version: number) => {
      if (version < 3) throw refusal("version_conflict", { version: 3 });
      return whole(1, { version: 4, assignee: { id: 7, name: "Tao Ran" } });
    });
    const answers = [whole(1), whole(1, { version: 3 })];
    const { open } = desk(whole(1), { claim, ticket: async () => answers.shift() ?? whole(1, { version: 3 }) } as Partial<DeskApi>);
    await open.open("1");
    expect(await open.claim()).toBe(true);
    expect(claim).toHaveBeenCalledTimes(2);
    expect(open.state.notice).toBeNull();
  });
  test("one action at a time: a double click does not send twice", async () => {
    const resolve = vi.fn(async () => whole(1, { version: 2 }));
    const { open } = desk(whole(1), { resolve });
    await open.open("1");
    await Promise.all([open.resolve(), open.resolve()]);
    expect(resolve).toHaveBeenCalledTimes(1);
  });
  test("giving back sends the version that was seen, once", async () => {
    const giveBack = vi.fn(async () => whole(1, { version: 2 }));
    const { open } = desk(whole(1, { version: 1 }), { giveBack });
    await open.open("1");
    await Promise.all([open.giveBack(), open.giveBack()]);
    expect(giveBack).toHaveBeenCalledExactlyOnceWith(1, 1);
  });
  test("a frame for this ticket reads it again, one for another does not", async () => {
    const { open, api } = desk(whole(1));
    await open.open("1");
    open.heard(summary(2, { version: 9 }));
    expect(api.ticket).toHaveBeenCalledTimes(1);
    open.heard(summary(1, { version: 2 }));
    expect(api.ticket).toHaveBeenCalledTimes(2);
  });
  test("typing shows for the open ticket only and ends when the message is there", async () => {
    const { open } = desk(whole(1));
    await open.open("1");
    open.typing("2", 1_000);
    expect(open.state.typingUntil).toBe(0);
    open.typing("1", 1_000);
    expect(open.state.typingUntil).toBeGreaterThan(1_000);
    open.heard(summary(1, { version: 2, last_message: { role: "customer", text: "hi", created_at: at(0) } }));
    expect(open.state.typingUntil).toBe(0);
  });
  test("a late answer for a ticket one has left is not shown", async () => {
    let answer: (ticket: Ticket) => void = () => undefined;
    const { open } = desk(whole(1), { ticket: ((id: string) => (id === "1" ? new Promise<Ticket>((done) => (answer = done)) : Promise.resolve(whole(2)))) as DeskApi["ticket"] });
    const first = open.open("1");
    await open.open("2");
    answer(whole(1));
    await first;
    expect(open.state.ticket?.id).toBe(2);
  });
});
