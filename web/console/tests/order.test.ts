import { describe, expect, test } from "vitest";
import { byPromise } from "../src/desk/order";
import { at, NOW, state, summary } from "./samples";

const order = (...tickets: ReturnType<typeof summary>[]) => tickets.sort((a, b) => byPromise(a, b, NOW)).map((ticket) => ticket.id);

describe("promise order", () => {
  test("a VIP with more time stands before a standard customer with less", () => {
    expect(order(summary(1, { due_at: at(5) }), summary(2, { tier: "vip", due_at: at(500) }))).toEqual([2, 1]);
  });
  test("within a tier the least time left comes first, a breach before all", () => {
    expect(order(summary(1, { due_at: at(30) }), summary(2, { due_at: at(10) }), summary(3, { due_at: at(-5) }))).toEqual([3, 2, 1]);
  });
  test("each full day overdue lifts a ticket by one tier, so that nobody starves", () => {
    const starving = summary(1, { due_at: at(-2 * 1440 - 1) });
    expect(order(summary(2, { tier: "vip", due_at: at(5) }), starving)).toEqual([1, 2]);
  });
  test("what waits for the customer stands behind what waits for us, whatever the tier", () => {
    expect(order(summary(1, { tier: "vip", state: state("waiting_customer") }), summary(2))).toEqual([2, 1]);
  });
  test("without a promise a ticket counts as due a week after the customer began to wait", () => {
    const none = summary(1, { due_at: null, waiting_since: at(-60) });
    expect(order(none, summary(2, { due_at: at(6 * 1440) }), summary(3, { due_at: at(8 * 1440) }))).toEqual([2, 1, 3]);
  });
  test("an unknown tier is served like the last one, ties go to age and then to the lower id", () => {
    expect(order(summary(3), summary(2, { tier: "bronze" }), summary(1, { created_at: at(-10) }))).toEqual([2, 3, 1]);
  });
});
