import { expect, test } from "vitest";
import { sendsOnEnter } from "./keys";

const key = (more: object) => sendsOnEnter({ key: "Enter", shiftKey: false, isComposing: false, keyCode: 13, ...more });

test("Enter sends, Shift+Enter and other keys do not", () => {
  expect(key({})).toBe(true);
  expect(key({ shiftKey: true })).toBe(false);
  expect(key({ key: "a" })).toBe(false);
});

test("Enter that picks a word from the input method never sends, in Safari neither", () => {
  expect(key({ isComposing: true })).toBe(false);
  expect(key({ keyCode: 229 })).toBe(false);
});
