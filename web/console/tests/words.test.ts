import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ApiError } from "@jieda/api-client";
import { dictionary, label, setLocale, type Key } from "../src/app/i18n";
import { problemText } from "../src/app/problems";
import { common } from "../src/locales/common";
import { customers } from "../src/locales/customers";
import { desk } from "../src/locales/desk";
import { knowledge } from "../src/locales/knowledge";
import { login } from "../src/locales/login";
import { reports } from "../src/locales/reports";
import { rules } from "../src/locales/rules";
import { forms } from "../src/locales/forms";
import { workflows } from "../src/locales/workflows";

const SOURCE = join(__dirname, "../src");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((path) => /\.(vue|ts)$/.test(path) && !path.startsWith("locales"));
const source = files.map((path) => readFileSync(join(SOURCE, path), "utf8")).join("\n");
const entries = Object.entries(dictionary);
const values = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

/** Keys put together at run time, by their beginnings: `t(\`state.${name}\`)`, `label("tier", …)`. */
const composed = [...source.matchAll(/`([\w.-]+\.)\$\{/g), ...source.matchAll(/label\(["']([\w-]+)["']/g)].map((match) => match[1]?.replace(/\.?$/, "."));

describe("wording", () => {
  test("every sentence exists in both languages, with the same values in it", () => {
    const broken = entries.filter(([, { zh, en }]) => !zh.trim() || !en.trim() || values(zh).join() !== values(en).join());
    expect(broken).toEqual([]);
  });
  test("Chinese sentences hold Chinese, unless they are a name", () => {
    const foreign = entries.filter(([key, { zh }]) => !/[\u4e00-\u9fff]/.test(zh) && !["tier.vip", "me.language", "common.of", "overview.csat.score", "audience.or"].includes(key));
    expect(foreign.map(([key]) => key)).toEqual([]);
  });
  test("English sentences hold no Chinese", () => {
    expect(entries.filter(([key, { en }]) => key !== "me.language" && /[\u4e00-\u9fff]/.test(en)).map(([key]) => key)).toEqual([]);
  });
  test("no key is defined twice", () => {
    const keys = [common, customers, login, desk, knowledge, reports, rules, workflows, forms].flatMap((part) => Object.keys(part));
    expect(keys).toHaveLength(new Set(keys).size);
  });
  test("every sentence is used somewhere", () => {
    const unused = entries.map(([key]) => key).filter((key) => !source.includes(`"${key}"`) && !source.includes(`'${key}'`) && !composed.some((start) => start && key.startsWith(start)));
    expect(unused).toEqual([]);
  });
  test("no template shows a sentence of its own", () => {
    const templates = files.filter((path) => path.endsWith(".vue")).map((path) => [path, readFileSync(join(SOURCE, path), "utf8").split("<template>").slice(1).join("").split("<style")[0]?.replace(/<!--.*?-->/gs, "") ?? ""]);
    expect(templates.filter(([, text]) => /[\u4e00-\u9fff]/.test((text ?? "").replaceAll(">解<", "><"))).map(([path]) => path)).toEqual([]);
  });
  test("a name the deployment invented is shown as it is", () => {
    setLocale("en", false);
    expect([label("state", "on_hold"), label("tier", "platinum"), label("tier", null)]).toEqual(["On hold", "platinum", ""]);
  });
});

describe("refusals", () => {
  const refusal = (status: number, code: string, more = {}) => new ApiError({ title: "T", detail: "raw detail", status, code, ...more });

  test("a known code has its own sentence in the reader's language", () => {
    setLocale("zh", false);
    expect(problemText(refusal(401, "wrong_login"))).toBe(dictionary["error.wrong_login" as Key].zh);
    expect(problemText(refusal(409, "ticket_taken", { assignee: { name: "陶然" } }))).toContain("陶然");
  });
  test("an unknown code falls back to what its status means, then to the server's words", () => {
    setLocale("en", false);
    expect(problemText(refusal(404, "gap_not_found"))).toBe(dictionary["error.not_found"].en);
    expect(problemText(refusal(503, "unavailable"))).toContain("503");
    expect(problemText(refusal(422, "bad_audience_rule"))).toBe("raw detail");
  });
  test("input errors say where and what", () => {
    expect(problemText(refusal(422, "invalid_input", { errors: [{ loc: ["body", "email"], msg: "too long" }] }))).toContain("email: too long");
  });
});
