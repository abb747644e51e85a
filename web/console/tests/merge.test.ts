import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { isLater, mergeTicket } from "../src/desk/merge";
import { belongs, queryOf, viewOf } from "../src/desk/views";
import { at, NOW, state, summary } from "./samples";

describe("live merge", () => {
  // Overdue tickets are lifted by the day: what stands first depends on today.
  beforeEach(() => vi.useFakeTimers({ now: NOW }));
  afterEach(() => vi.useRealTimers());
  const items = [summary(1, { tier: "vip" }), summary(2, { due_at: at(10) }), summary(3, { due_at: at(90) })];

  test("a new ticket is put where its promise belongs", () => {
    const merged = mergeTicket(items, summary(4, { due_at: at(30) }), true);
    expect(merged.items.map((ticket) => ticket.id)).toEqual([1, 2, 4, 3]);
    expect(merged.change).toBe("added");
  });
  test("a frame that arrives late does not undo what is known", () => {
    const known = [summary(1, { version: 5, subject: "new" })];
    expect(mergeTicket(known, summary(1, { version: 4, subject: "old" }), true)).toEqual({ items: known, change: "none" });
  });
  test("at the same version the later change wins", () => {
    expect(isLater(summary(1, { updated_at: at(-1) }), summary(1, { updated_at: at(-2) }))).toBe(true);
    expect(isLater(summary(1, { updated_at: at(-3) }), summary(1, { updated_at: at(-2) }))).toBe(false);
  });
  test("a ticket that no longer belongs leaves the list, and a strange one does not enter", () => {
    expect(mergeTicket(items, summary(2, { version: 2 }), false).items.map((ticket) => ticket.id)).toEqual([1, 3]);
    expect(mergeTicket(items, summary(9), false).change).toBe("none");
  });
  test("a changed promise moves the ticket, an unchanged one leaves the server's order alone", () => {
    expect(mergeTicket(items, summary(3, { version: 2, due_at: at(1) }), true).items.map((ticket) => ticket.id)).toEqual([1, 3, 2]);
    const served = [summary(3, { due_at: at(90) }), summary(2, { due_at: at(10) })];
    const same = mergeTicket(served, summary(2, { due_at: at(10), version: 2, unread: false }), true);
    expect(same.items.map((ticket) => ticket.id)).toEqual([3, 2]);
    expect(same.items[1]?.unread).toBe(false);
  });
});

describe("views", () => {
  test("solved tickets leave every open view and enter the solved one", () => {
    const solved = summary(1, { state: state("solved"), assignee: { id: 7, name: "Tao" } });
    for (const name of ["open", "mine", "unassigned"] as const) expect(belongs(solved, { name }, "7")).toBe(false);
    expect(belongs(solved, { queue: "general-zh" }, "7")).toBe(false);
    expect(belongs(solved, { name: "done" }, "7")).toBe(true);
  });
  test("mine are those of my agent row, and nobody's while that is unknown", () => {
    const ticket = summary(1, { assignee: { id: 7, name: "Tao" } });
    expect([belongs(ticket, { name: "mine" }, "7"), belongs(ticket, { name: "mine" }, "8"), belongs(ticket, { name: "mine" }, null)]).toEqual([true, false, false]);
  });
  test("an address names a queue or a view; nonsense means all open", () => {
    expect([viewOf({ queue: "vip" }), viewOf({ view: "mine" }), viewOf({ view: "x" })]).toEqual([{ queue: "vip" }, { name: "mine" }, { name: "open" }]);
  });
  test("open views ask for unfinished tickets only", () => {
    expect(queryOf({ queue: "vip" }).states).not.toContain("solved");
    expect(queryOf({ name: "done" }).states).toContain("closed");
  });
});
