import { describe, expect, test } from "vitest";
import { accentRules, contrast, parseHex, readable } from "./accent";

describe("accent", () => {
  test.each(["#ffeb3b", "#000", "#fff", "#1661ab", "#00ff88", "#ff0000"])("%s gives readable text on light and dark", (value) => {
    const colour = parseHex(value);
    expect(colour).not.toBeNull();
    if (!colour) return;
    expect(contrast(readable(colour, [255, 255, 255]), [255, 255, 255])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(readable(colour, [25, 31, 38]), [25, 31, 38])).toBeGreaterThanOrEqual(4.5);
  });
  test.each(["red", "#12", "#1661ab;} body{display:none", "url(x)", "", null, undefined])("%j is not let into the style sheet", (value) => {
    expect(accentRules(value)).toBe("");
  });
});
