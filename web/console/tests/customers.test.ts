import { beforeEach, describe, expect, test } from "vitest";
import type { Entry } from "../src/api/customers";
import { setLocale } from "../src/app/i18n";
import { contractText } from "../src/customers/contract";
import { factsOf, KINDS, seenIn, targetOf, titleOf } from "../src/customers/entries";

beforeEach(() => setLocale("en", false));
const entry = (kind: Entry["kind"], detail: Record<string, unknown>, more: Partial<Entry> = {}): Entry => ({ at: "2026-09-07T10:00:00Z", kind, ref: "7", title: "It beeps", person_id: 1, person_name: "Vera", detail, ...more });

describe("the line of time", () => {
  test("a ticket opens in the desk and says its state in words", () => {
    const ticket = entry("ticket", { number: "JD-000007", state: "on_hold", priority: "high", product: null });
    expect([targetOf(ticket), factsOf(ticket)]).toEqual([{ name: "desk", params: { id: "7" } }, ["JD-000007", "On hold", "High", "Vera"]]);
  });
  test("a rating leads to its ticket and shows its stars", () => {
    const rating = entry("rating", { rating: 2, comment: "slow", agent: "Ann", ticket_id: 9 });
    expect([targetOf(rating), factsOf(rating)[0]]).toEqual([{ name: "desk", params: { id: "9" } }, "★★☆☆☆"]);
  });
  test("a conversation without a ticket opens nowhere, and one in which nothing was said says so", () => {
    const talk = entry("conversation", { turns: 0, page: null, ticket_id: null }, { title: "" });
    expect([targetOf(talk), titleOf(talk)]).toEqual([null, "(nothing said)"]);
  });
  test("an article that is gone is told, and cannot be opened", () => {
    const gone = entry("article", { article_id: 3 }, { title: "" });
    expect([targetOf(gone), titleOf(gone)]).toEqual([null, "An article that is gone"]);
  });
  test("a change names the fields it changed; what has no word is shown as it is", () => {
    const change = entry("change", { actor: "Mia", fields: { tags: [[], ["oem"]], odd: [1, 2] } }, { title: "changed", person_name: null });
    expect([titleOf(change), factsOf(change)]).toEqual(["Details changed", ["Mia", "tags, odd"]]);
  });
  test("every kind can be told, whatever its details lack", () => {
    for (const kind of KINDS) expect([titleOf(entry(kind, {})), factsOf(entry(kind, {})), seenIn(entry(kind, {}))]).toBeTruthy();
  });
});

test("a contract reads as value and days; what is missing is left out", () => {
  expect(contractText({ value: 210000, currency: "EUR", starts_on: "2026-01-01", ends_on: "2026-12-31" })).toBe("€210,000 · 2026-01-01 – 2026-12-31");
  expect([contractText({}), contractText({ value: 5 }), contractText({ ends_on: "2026-12-31" })]).toEqual(["", "5", "2026-12-31"]);
});
