import { expect, test } from "vitest";
import { oneUp } from "../src/shared/places";

test("an entry changes places with the one above it", () => {
  expect(oneUp(["a", "b", "c"], 2)).toEqual(["a", "c", "b"]);
  expect(oneUp(["a", "b", "c"], 1)).toEqual(["b", "a", "c"]);
});

test("the first one stays, and what was given is not changed", () => {
  const given = ["a", "b"];
  expect(oneUp(given, 0)).toEqual(["a", "b"]);
  expect(oneUp(given, 1)).not.toBe(given);
  expect(given).toEqual(["a", "b"]);
});
