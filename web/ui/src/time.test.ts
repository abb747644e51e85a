import { describe, expect, test } from "vitest";
import { dueTime } from "./time";

describe("when something is due", () => {
  const friday = new Date(2026, 10, 20, 18, 30);
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 45).toISOString();

  test("the time alone today, the weekday within six days, the date beyond", () => {
    expect(dueTime(at(20, 19), "en", friday)).toBe("19:45 today");
    expect([dueTime(at(23, 8), "en", friday), dueTime(at(23, 8), "zh", friday)]).toEqual(["Mon 08:45", "周一 08:45"]);
    expect([dueTime(at(27, 8), "en", friday), dueTime(at(27, 8), "zh", friday)]).toEqual(["Nov 27 08:45", "11月27日 08:45"]);
  });
  test("what is no time says nothing", () => {
    expect(dueTime("", "zh", friday)).toBe("");
  });
});
