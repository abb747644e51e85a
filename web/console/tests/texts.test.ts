import type { Form, TicketMessage } from "@jieda/api-client";
import { beforeEach, describe, expect, test } from "vitest";
import { country, pick, setLocale } from "../src/app/i18n";
import { formFacts, formOf } from "../src/desk/forms";
import { detailText } from "../src/desk/history";
import { byDay, repliedMeanwhile, toneOf } from "../src/desk/transcript";
import { describeRule, ruleOf } from "../src/knowledge/audience";
import { collectionName } from "../src/knowledge/collections";
import { explanationOf, markWords, rescuedFrom, synonymOf } from "../src/knowledge/explanation";
import { advice, fileName } from "../src/knowledge/job";
import { shares } from "../src/overview/shares";
import { at } from "./samples";

beforeEach(() => setLocale("en", false));
const message = (minute: number, more: Partial<TicketMessage> = {}): TicketMessage => ({ id: minute, role: "agent", visibility: "public", text: "…", author: "Ingrid", created_at: at(minute), citations: [], ...more });

describe("transcript", () => {
  test("an agent's note looks internal, a system event never does", () => {
    expect([toneOf(message(0, { visibility: "internal" })), toneOf(message(0)), toneOf(message(0, { role: "system", visibility: "internal" }))]).toEqual(["internal", "agent", "system"]);
  });
  test("messages are grouped by day", () => {
    expect(byDay([message(0), message(1), message(3 * 1440)], "en").map((day) => day.messages.length)).toEqual([2, 1]);
  });
  test("a colleague's reply warns only if it came after one began to write, and never about oneself", () => {
    expect(repliedMeanwhile([message(5)], at(1), "Tao")).toBe("Ingrid");
    expect(repliedMeanwhile([message(5)], at(9), "Tao")).toBeNull();
    expect(repliedMeanwhile([message(5)], at(1), "Ingrid")).toBeNull();
    expect(repliedMeanwhile([message(5, { visibility: "internal" })], at(1), "Tao")).toBeNull();
  });
});

describe("words for data", () => {
  const field = (name: string, more = {}) => ({ name, label: { zh: name, en: name.toUpperCase() }, help: null, type: "text", required: false, options: [], pattern: null, min: null, max: null, visible_when: null, unit: null, has_lookup: false, ...more });
  const form = { slug: "f", title: { zh: "", en: "" }, kind: "ticket", product: null, attachments: 0, steps: [], fields: [field("power", { unit: "kW" }), field("load", { options: [{ value: "pump", label: { zh: "水泵", en: "Pump" } }] })] } as Form;

  test("form values are told in the form's order and words; empty ones are left out", () => {
    expect(formFacts({ load: "pump", power: 5.5, note: "x", empty: "", off: false, on: true }, form, pick)).toEqual([
      { name: "POWER", value: "5.5 kW" }, { name: "LOAD", value: "Pump" }, { name: "note", value: "x" }, { name: "on", value: "✓" },
    ]);
  });
  test("the form is the one that knows most of the names, and none if no name is known", () => {
    expect(formOf({ load: 1 }, [{ ...form, fields: [] }, form])?.fields).toHaveLength(2);
    expect(formOf({ other: 1 }, [form])).toBeNull();
  });
  test("a history detail reads as before → after, with queues by name and ids left out", () => {
    expect(detailText({ before: "new", after: "open", status: "open" })).toBe("New → Open");
    expect(detailText({ before: "vip", after: "billing" }, (slug) => (slug === "vip" ? "VIP channel" : slug))).toBe("VIP channel → billing");
    expect(detailText({ agent_id: 7, agent: "Tao Ran" })).toBe("Tao Ran");
    expect(detailText({})).toBe("");
  });
  test("a refused file is told in the reader's language; without it in the server's words", () => {
    const messages = { zh: "PDF 已损坏。", en: "The PDF is damaged." };
    expect([advice({ message: "x", messages }, "zh"), advice({ message: "x", messages: null }, "zh"), advice({ message: null }, "en")]).toEqual(["PDF 已损坏。", "x", ""]);
    expect(fileName("upload/faq/drives.csv")).toBe("faq/drives.csv");
  });
  test("countries and the default collection are told in words", () => {
    setLocale("en", false);
    expect([country("SE"), country("Mars"), country(null), collectionName("default", null), collectionName("yanling", null)]).toEqual(["Sweden", "Mars", "", "Default", "yanling"]);
  });
  test("an audience choice becomes the rule, and nothing while a name is missing", () => {
    expect([ruleOf("public", []), ruleOf("tier", ["vip", "gold"]), ruleOf("company", [])]).toEqual(["public", "tier:vip,tier:gold", null]);
  });
  test("a rule is told in words, with companies by name", () => {
    expect(describeRule("company:hailan,signed-in+tier:gold", () => "Hailan Water")).toBe("Hailan Water, Signed-in customers and Gold");
    expect(describeRule(null)).toBe("Everyone");
  });
});

describe("explanations and numbers", () => {
  const hit = { score: 0.5, explanation: { words: [{ word: "e203", fields: ["body"], source: "synonym of alarm" }], lexical: null } } as never;

  test("what an older server leaves out of an explanation is filled in", () => {
    expect(explanationOf(hit)).toMatchObject({ lexical: null, vector: null, fused: 0.5, notes: [] });
    expect(explanationOf({} as never)).toBeNull();
    expect([synonymOf("query"), synonymOf("synonym of alarm")]).toEqual([null, "alarm"]);
    expect([rescuedFrom("query"), rescuedFrom("pinyin of fapiao"), rescuedFrom("synonym of alarm")]).toEqual([null, "fapiao", null]);
  });
  test("model codes are marked with their separators, and a pattern in a word is no pattern", () => {
    expect(markWords("Fault E-203 (203)", ["e203"])).toEqual([{ text: "Fault ", hit: false }, { text: "E-203", hit: true }, { text: " (203)", hit: false }]);
    expect(markWords("a+b", ["a+b"])).toEqual([{ text: "a+b", hit: true }]);
    expect(markWords("text", [])).toEqual([{ text: "text", hit: false }]);
  });
  test("shares are of all conversations begun, and of none there are none", () => {
    expect(shares({ today: 4, answered: 3, handed_off: 2, deflection_rate: 0.5 }).map((part) => part.share)).toEqual([1, 0.75, 0.5]);
    expect(shares({ today: 0, answered: 0, handed_off: 0, deflection_rate: null })).toEqual([]);
  });
});
