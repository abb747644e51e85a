import { describe, expect, test } from "vitest";
import type { Catalogue, Rule, Tree } from "../src/api/rules";
import { draftOf, fieldsFor, firstValue, newDraft, newRow, specOf } from "../src/rules/draft";

const words = (text: string) => ({ zh: text, en: text });
const field = (name: string, kind: string, choices: string | null = null, only: string[] = []) => ({ name, kind, words: words(name), choices, only });
const catalogue: Catalogue = {
  fields: [field("ticket.priority", "choice", "priorities"), field("event.rating", "number", null, ["ticket_rated"]), field("company.tier", "choice", "tiers"), field("ticket.is_chat", "flag")],
  own_fields: [{ prefix: "form.", words: words("form") }],
  operators: {},
  operators_by_kind: { choice: ["is", "in"], number: ["lt"], flag: ["is"], any: ["is"] },
  triggers: [{ on: "ticket_rated", words: words(""), has_ticket: true, options: {} }, { on: "company_silent", words: words(""), has_ticket: false, options: { days: 30 } }],
  actions: [],
  placeholders: [],
  choices: { priorities: [{ value: "high", words: words("high") }], tiers: [] },
};
const rule = (conditions: Tree): Rule => ({ id: 1, position: 1, is_enabled: true, version: 1, made_at: "", made_by: null, counts: { looked: 0, acted: 0, failed: 0, held_back: 0, last_at: null }, ...specOf(newDraft()), conditions });

describe("a rule in the editor", () => {
  const one = { field: "event.rating", op: "lt", value: 3 };

  test.each([[{ all: [one] }], [{ any: [one, { field: "company.tier", op: "is_empty" }] }], [{ all: [] }]])("is sent as it was read: %j", (tree) => {
    expect(specOf(draftOf(rule(tree))).conditions).toEqual(tree);
  });
  test("keeps conditions of several levels as they are", () => {
    const deep = { all: [one, { not: { any: [one] } }] };
    expect(draftOf(rule(deep)).tree).toEqual(deep);
    expect(specOf(draftOf(rule(deep))).conditions).toEqual(deep);
  });
  test("a single comparison becomes a row", () => {
    expect(draftOf(rule(one)).rows).toEqual([one]);
  });
  test("editing a draft never changes the rule it came from", () => {
    const read = rule({ all: [one] });
    draftOf(read).trigger.on = "company_silent";
    expect(read.trigger.on).toBe("ticket_created");
  });
  test("offers only the fields its trigger knows", () => {
    expect(fieldsFor(catalogue, "ticket_rated").map((known) => known.name)).toContain("event.rating");
    expect(fieldsFor(catalogue, "company_silent").map((known) => known.name)).toEqual(["company.tier"]);
  });
  test("a new row begins with a value of its field's type", () => {
    expect(newRow(catalogue, "event.rating")).toEqual({ field: "event.rating", op: "lt", value: 0 });
    expect(newRow(catalogue, "ticket.priority").value).toBe("high");
    expect([firstValue(catalogue, "ticket.priority", "in"), firstValue(catalogue, "ticket.is_chat", "is"), firstValue(catalogue, "form.x", "is_empty")]).toEqual([[], true, undefined]);
  });
  test("what was left empty is not sent", () => {
    const draft = newDraft();
    draft.actions = [{ do: "set", priority: "high", queue: "", state: undefined }];
    expect(specOf(draft).actions).toEqual([{ do: "set", priority: "high" }]);
  });
});
