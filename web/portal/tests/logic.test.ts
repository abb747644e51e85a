import type { Chunk, Form, FormField, Hit } from "@jieda/api-client";
import { describe, expect, test } from "vitest";
import { valuesToSend, visibleFields } from "../src/composables/useForm";
import { groupHits } from "../src/composables/useResults";
import { tell } from "../src/context";
import { excerpt, markWords } from "../src/marking";
import { outlineOf } from "../src/outline";
import { marksOf, progressOf, ticketForms, ticketFrom } from "../src/ticket";
import { showReason, showValue } from "../src/values";

const words = (text: string) => ({ zh: text, en: text });
function field(name: string, more: Partial<FormField> = {}): FormField {
  const plain = { help: null, type: "text", required: false, options: [], pattern: null, min: null, max: null, visible_when: null, unit: null, has_lookup: false };
  return { name, label: words(name), ...plain, ...more };
}
const marked = (text: string, looked: string[]) => markWords(text, looked).filter((part) => part.marked).map((part) => part.text);

describe("marking what was found", () => {
  test("a code is found however it is written", () => {
    expect(marked("E-203, e203 and E 203 but not E-2034", ["e203"])).toEqual(["E-203", "e203", "E 203"]);
  });
  test("an English stem marks the whole word, and not the middle of another", () => {
    expect(marked("Calibration of recalibrated devices", ["calibr"])).toEqual(["Calibration"]);
  });
  test("Chinese words match anywhere; a single character only when there is nothing longer", () => {
    expect(marked("过电流与过电压", ["过", "电流"])).toEqual(["电流"]);
    expect(marked("过电流", ["过"])).toEqual(["过"]);
  });
  test("signs with a meaning in patterns are taken as they are, and the text stays whole", () => {
    const parts = markWords("a(b)+c? v2.1.0", ["(b)+", "v2.1.0"]);
    expect(parts.map((part) => part.text).join("")).toBe("a(b)+c? v2.1.0");
    expect(marked("a(b)+c? v2.1.0", ["(b)+", "v2.1.0"])).toEqual(["(b)+", "v2.1.0"]);
  });
  test("an excerpt holds the word that was found", () => {
    const text = `${"前".repeat(500)}制动电阻${"后".repeat(500)}`;
    expect(excerpt(text, ["制动电阻"])).toContain("制动电阻");
    expect(excerpt(text, ["制动电阻"]).length).toBeLessThan(240);
  });
});

describe("search results", () => {
  const hit = (article: number, chunk: number): Hit => ({
    rank: chunk,
    score: 1,
    chunk_id: chunk,
    article_id: article,
    title: "t",
    heading: "",
    text: "",
    lang: "zh",
    kind: "faq",
    product: null,
    product_version: null,
    collapsed: [],
    locator: { uri: "", page: null, box: null, anchor: null },
  });
  test("an article stands once, with its best passage, and says how many more there are", () => {
    const groups = groupHits([hit(1, 1), hit(2, 2), hit(1, 3), hit(1, 4)]);
    expect(groups.map((group) => [group.articleId, group.chunkId, group.others])).toEqual([[1, 1, 2], [2, 2, 0]]);
  });
});

describe("values in words", () => {
  const power = (name: string, code: string, label: string) => field(name, { label: words("电机功率"), type: "select", options: [{ value: code, label: words(label) }] });
  const fields = [power("power_s", "S2R2", "2.2 kW"), power("power_t", "T5R5", "5.5 kW"), field("note")];

  test("a reason names the option as the reader saw it, whichever field of that label has it", () => {
    expect(showReason("电机功率: 5.5 kW T5R5", fields, "zh")).toBe("电机功率: 5.5 kW");
    expect([showReason("电机功率: t5r5", fields, "zh"), showReason("note: T5R5: yes", fields, "zh"), showReason("T5R5", fields, "zh")]).toEqual(["电机功率: 5.5 kW", "note: T5R5: yes", "T5R5"]);
  });
  test("several chosen options are named one by one", () => {
    expect(showValue(fields[1], ["T5R5", "other"], "zh")).toBe("5.5 kW, other");
  });
  test("what a ticket can be opened with begins with the form about a product", () => {
    const form = (slug: string, kind: Form["kind"], names: string[]): Form => ({ slug, kind, title: words(slug), product: null, attachments: 0, steps: [], fields: names.map((name) => field(name)) });
    const offered = ticketForms([form("orders", "ticket", ["order"]), form("drive", "configurator", ["product"]), form("technical", "ticket", ["product"])]);
    expect(offered.map((one) => one.slug)).toEqual(["technical", "orders"]);
  });
});

describe("outline of an article", () => {
  const chunk = (id: number, path: string[], page: number | null): Chunk => ({
    id,
    heading_path: path,
    text: "",
    html: "",
    kind: "text",
    locator: { uri: "", page, box: null, anchor: null },
    anchor: `chunk-${id}`,
  });
  test("a heading is shown where it begins and never twice", () => {
    const passages = outlineOf([chunk(1, ["A"], 1), chunk(2, ["A"], 1), chunk(3, ["A", "A1"], 2), chunk(4, ["B", "A1"], 2)]);
    expect(passages.map((passage) => passage.headings.map((heading) => heading.text))).toEqual([["A"], [], ["A1"], ["B", "A1"]]);
    expect(passages.map((passage) => passage.page)).toEqual([1, null, 2, null]);
  });
});

describe("forms", () => {
  const fields = [
    field("request"),
    field("code", { visible_when: { request: ["fault"] } }),
    field("detail", { visible_when: { code: ["E-1"] } }),
    field("down", { type: "checkbox", visible_when: { request: ["fault"] } }),
  ];
  test("what depends on a hidden field is hidden, too, and is not sent", () => {
    const values = { request: "other", code: "E-1", detail: "x", down: true };
    const visible = visibleFields({ fields }, values);
    expect(visible.map((one) => one.name)).toEqual(["request"]);
    expect(valuesToSend(visible, values)).toEqual({ request: "other" });
  });
  test("a tick is compared as a tick, a number as it is written", () => {
    const two = [field("a", { type: "checkbox" }), field("b", { visible_when: { a: [true] } }), field("c", { visible_when: { b: [4] } })];
    expect(visibleFields({ fields: two }, { a: true, b: "4" }).length).toBe(3);
    expect(visibleFields({ fields: two }, { a: "true", b: "4" }).length).toBe(1);
  });
  test("the context engine hears labels, not codes, and never an address", () => {
    const shown = [
      field("power", { type: "select", label: words("功率"), options: [{ value: "T5R5", label: words("5.5 kW") }] }),
      field("dip", { type: "checkbox", label: words("晃电") }),
      field("text", { type: "textarea" }),
      field("mail", { type: "email" }),
    ];
    expect(tell(shown, { power: "T5R5", dip: true, text: "停机", mail: "a@b.example" }, "zh")).toEqual({
      fields: { 功率: "5.5 kW T5R5", 晃电: "晃电" },
      draft: "停机",
    });
  });
  test("a ticket takes subject, text and address from the form's own fields", () => {
    const form: Form = { slug: "f", title: words("Repair"), kind: "ticket", product: null, attachments: 0, steps: [], fields: [field("subject"), field("what", { type: "textarea" }), field("mail", { type: "email" })] };
    const made = ticketFrom(form, { subject: "Fan", what: "noise", mail: "a@b.example" }, "en");
    expect(made).toMatchObject({ form: "f", subject: "Fan", body: "noise", email: "a@b.example", locale: "en" });
    expect(ticketFrom(form, {}, "en")).toMatchObject({ subject: "Repair", body: "Repair" });
  });
});

describe("progress of a ticket", () => {
  test("the marks are the workflow's own where there is one", () => {
    const way = { progress: [{ name: words("Received"), state: "done", at: "2026-09-01T00:00:00Z" }, { name: words("Paid"), state: "todo", at: null }] } as never;
    const state = { slug: "open", name: words("open"), type: "open" as const };
    const pick = (text: { zh: string; en: string }) => text.en;
    expect(marksOf({ state, way }, String, pick).map((mark) => [mark.name, mark.state])).toEqual([["Received", "done"], ["Paid", "todo"]]);
    expect(marksOf({ state, way: null }, String, pick).map((mark) => mark.state)).toEqual(["done", "current", "todo"]);
    expect(marksOf({ state: { ...state, type: "solved" }, way: null }, String, pick).map((mark) => mark.state)).toEqual(["done", "done", "done"]);
  });

  test.each([["new", 0, "progress_open"], ["open", 1, "progress_open"], ["waiting_customer", 1, "progress_waiting"], ["on_hold", 1, "progress_hold"], ["solved", 2, "progress_open"]] as const)(
    "%s stands at step %d",
    (type, at, middle) => {
      const progress = progressOf({ state: { slug: type, name: words(type), type } });
      expect([progress.at, progress.steps[1]]).toEqual([at, middle]);
    },
  );
});
