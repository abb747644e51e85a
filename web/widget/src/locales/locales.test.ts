import { describe, expect, test } from "vitest";
import { messages as portal } from "../../../portal/src/locales/messages";
import { messages as embed } from "./embed";
import { messages as widget } from "./messages";

const sources = {
  widget: import.meta.glob("../**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true }),
  embed: import.meta.glob("../embed/*.ts", { query: "?raw", import: "default", eager: true }),
  portal: import.meta.glob("../../../portal/src/**/*.{ts,vue}", { query: "?raw", import: "default", eager: true }),
};
/** Keys put together at run time: `rate_${n}`, `kind_${kind}`. */
const COMPOSED = /^(rate_\d|kind_\w+)$/;

const gaps = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

describe.each(Object.entries({ widget, embed, portal }))("the words of %s", (name, messages) => {
  test.each(Object.entries(messages))("%s is said in both languages with the same values", (_key, { zh, en }) => {
    expect(zh.trim()).not.toBe("");
    expect(en.trim()).not.toBe("");
    expect(gaps(zh)).toEqual(gaps(en));
    expect(en).not.toMatch(/[\u4e00-\u9fff]/);
  });
  test("are all said somewhere", () => {
    const code = Object.entries(sources[name as keyof typeof sources]).filter(([path]) => !/locales|test/.test(path));
    const text = code.map(([, source]) => String(source)).join("\n");
    const unsaid = Object.keys(messages).filter((key) => !COMPOSED.test(key) && !new RegExp(`["'.]${key}\\b`).test(text));
    expect(unsaid).toEqual([]);
  });
});
