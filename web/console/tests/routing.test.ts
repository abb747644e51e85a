import { describe, expect, it } from "vitest";
import { minutesOf, wordsOf } from "../src/routing/words";

describe("what people type into the routing forms", () => {
  it("reads words with commas of either language, each once", () => {
    expect(wordsOf(" YLD300, YLG20，YLP70、YLD300 ;; ")).toEqual(["YLD300", "YLG20", "YLP70"]);
    expect(wordsOf("  ")).toEqual([]);
  });
  it("reads nothing as never, and no number below zero", () => {
    expect(minutesOf("")).toBeNull();
    expect(minutesOf("soon")).toBeNull();
    expect(minutesOf("0")).toBe(0);
    expect(minutesOf("-3")).toBe(0);
    expect(minutesOf("2.6")).toBe(3);
  });
});
