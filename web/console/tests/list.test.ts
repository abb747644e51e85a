import type { TicketSummary } from "@jieda/api-client";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TicketQuery } from "../src/api/desk";
import { createList } from "../src/desk/list";
import { at, state, summary } from "./samples";

function desk(answers: TicketSummary[][]) {
  const asked: TicketQuery[] = [];
  const tickets = async (query: TicketQuery) => {
    asked.push(query);
    return { items: answers.shift() ?? [], total: 0 };
  };
  return { list: createList({ tickets }, () => "7"), asked };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("ticket list", () => {
  test("a ticket that arrives is highlighted for a moment", async () => {
    const { list } = desk([[summary(1)]]);
    await list.load();
    expect(list.merge(summary(2))).toBe(true);
    expect(list.state.fresh.has("2")).toBe(true);
    vi.advanceTimersByTime(7_000);
    expect(list.state.fresh.size).toBe(0);
  });
  test("reading again highlights what came while the line was down, the first reading nothing", async () => {
    const { list } = desk([[summary(1)], [summary(1), summary(2)]]);
    await list.load();
    expect(list.state.fresh.size).toBe(0);
    await list.load();
    expect([...list.state.fresh]).toEqual(["2"]);
  });
  test("an answer older than a frame that overtook it does not bring a solved ticket back", async () => {
    let answer: (page: { items: TicketSummary[] }) => void = () => undefined;
    const pages = [Promise.resolve({ items: [summary(1)] }), new Promise<{ items: TicketSummary[] }>((done) => (answer = done))];
    const list = createList({ tickets: () => pages.shift() ?? Promise.reject(new Error("asked too often")) }, () => null);
    await list.load();
    const reading = list.load();
    list.merge(summary(1, { version: 2, state: state("solved") }));
    answer({ items: [summary(1)] });
    await reading;
    expect(list.state.items).toEqual([]);
  });
  test("only the newest of two readings counts", async () => {
    const answers: ((page: { items: TicketSummary[] }) => void)[] = [];
    const list = createList({ tickets: () => new Promise((done) => answers.push(done)) }, () => null);
    const [first, second] = [list.load(), list.load()];
    answers[1]?.({ items: [summary(2)] });
    answers[0]?.({ items: [summary(1)] });
    await Promise.all([first, second]);
    expect(list.state.items.map((ticket) => ticket.id)).toEqual([2]);
  });
  test("who searches looks everywhere, and strangers do not drop into the result", async () => {
    const { list, asked } = desk([[summary(1)], [summary(1)]]);
    list.show({ queue: "vip" });
    list.state.search = " E-203 ";
    await list.load();
    expect(asked.at(-1)).toMatchObject({ q: "E-203" });
    expect(asked.at(-1)).not.toHaveProperty("queue");
    expect(list.merge(summary(5))).toBe(false);
    expect(list.state.items).toHaveLength(1);
  });
  test("a read ticket is unread again when the customer says more", async () => {
    const { list } = desk([[]]);
    await list.load();
    const said = (minute: number) => summary(1, { version: minute + 9, last_message: { role: "customer", text: "…", created_at: at(minute) } });
    list.markRead(said(1));
    expect(list.isUnread(said(1))).toBe(false);
    expect(list.isUnread(said(2))).toBe(true);
  });
  test("j and k walk the list and stop at its ends", async () => {
    const { list } = desk([[summary(1), summary(2)]]);
    await list.load();
    const ids = [list.neighbour(null, 1), list.neighbour("1", 1), list.neighbour("2", 1), list.neighbour("1", -1)].map((ticket) => ticket?.id);
    expect(ids).toEqual([1, 2, undefined, undefined]);
  });
});
