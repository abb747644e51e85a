import { describe, expect, test } from "vitest";
import { createI18n } from "./i18n";
import { fill, pickText, toLocale } from "./words";

describe("i18n", () => {
  test("any Chinese tag reads Chinese and everything else English", () => {
    expect(["zh", "zh-Hans-CN", "ZH_tw"].map(toLocale)).toEqual(["zh", "zh", "zh"]);
    expect(["en-GB", "de", "", null, undefined].map(toLocale)).toEqual(["en", "en", "en", "en", "en"]);
  });
  test("an unknown value stays visible instead of becoming 'undefined'", () => {
    expect(fill("{a} of {b}", { a: 1 })).toBe("1 of {b}");
  });
  test("a word follows the number it stands beside", () => {
    const told = (n: number) => fill("{n} more {n:passage|passages}", { n });
    expect([told(1), told(2), told(0)]).toEqual(["1 more passage", "2 more passages", "0 more passages"]);
  });
  test("text that exists in one language only is shown in that language", () => {
    expect(pickText({ zh: "电机" }, "en")).toBe("电机");
  });
  test("switching the language changes every sentence", () => {
    const i18n = createI18n({ hello: { zh: "你好，{name}", en: "Hello, {name}" } }, "zh");
    expect(i18n.t("hello", { name: "李" })).toBe("你好，李");
    i18n.locale.value = "en";
    expect(i18n.t("hello", { name: "Li" })).toBe("Hello, Li");
  });
});
