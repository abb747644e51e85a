import type { Clock } from "@jieda/api-client";
import { dueTime } from "@jieda/ui";
import { beforeEach, describe, expect, test } from "vitest";
import { setLocale } from "../src/app/i18n";
import { clockState, isSoon, leftLabel, promiseLabel, promiseNow, promiseTitle, used, workingTime } from "../src/desk/promise";
import { at, NOW, summary } from "./samples";

const clock = (more: Partial<Clock> = {}): Clock => ({ metric: "first_response", due_at: at(30), started_at: at(-30), warn_at: at(15), state: "running", target_minutes: 60, met_at: null, breached_at: null, ...more });

beforeEach(() => setLocale("en", false));

describe("promises", () => {
  test("a promise that ran out since the server looked is breached", () => {
    expect(promiseNow(summary(1, { promise: "soon", due_at: at(-1) }), NOW)).toBe("breached");
    expect(promiseNow(summary(1, { promise: "met", due_at: at(-1) }), NOW)).toBe("met");
  });
  test("time left and time over are said in words, in both languages", () => {
    expect([leftLabel(at(12), NOW, "en"), leftLabel(at(-90), NOW, "en")]).toEqual(["12 min left", "1 h 30 min over"]);
    setLocale("zh", false);
    expect([leftLabel(at(12), NOW, "zh"), leftLabel(at(-5), NOW, "zh")]).toEqual(["剩 12 分钟", "超时 5 分钟"]);
  });
  test("what is hours away is told as the time it is due, minutes only when they count", () => {
    const due = new Date(NOW + 32 * 3_600_000).toISOString();
    expect([leftLabel(at(179), NOW, "en"), leftLabel(due, NOW, "en")]).toEqual(["2 h 59 min left", `by ${dueTime(due, "en", new Date(NOW))}`]);
    expect(promiseTitle(summary(1, { due_at: null }), "en")).toBeUndefined();
  });
  test("without a running promise the label says whether the clock is paused", () => {
    expect(promiseLabel(summary(1, { promise: null, due_at: null }), NOW, "en")).toBe("No promise");
    expect(promiseLabel(summary(1, { promise: null, due_at: null, clocks: [clock({ state: "paused" })] }), NOW, "en")).toBe("Paused");
  });
  test("a clock's share runs from its start to its due time and stops when it was met", () => {
    expect(used(clock(), at(-60), NOW)).toBe(0.5);
    expect(used(clock({ met_at: at(-15) }), at(-60), NOW)).toBe(0.25);
    expect(used(clock({ due_at: at(-30) }), at(-60), NOW)).toBe(1);
  });
  test("a clock warns from its warning time on, and is late when met after its due time", () => {
    expect([isSoon(clock(), at(-60), NOW), isSoon(clock({ warn_at: at(-1) }), at(-60), NOW)]).toEqual([false, true]);
    expect([clockState(clock({ met_at: at(40) }), NOW), clockState(clock({ met_at: at(1) }), NOW), clockState(clock({ due_at: at(-1) }), NOW)]).toEqual(["late", "met", "breached"]);
  });
  test("working time counts hours, because a working day is not 24 of them", () => {
    expect([workingTime(45, "en"), workingTime(2400, "en"), workingTime(90, "zh")]).toEqual(["45 min", "40 h", "1 小时 30 分钟"]);
  });
});
