import { ApiError } from "@jieda/api-client";
import { mount } from "@jieda/ui/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createApp, h } from "vue";
import { createMemoryHistory, createRouter } from "vue-router";
import JdPromise from "@jieda/ui/components/JdPromise.vue";
import PageState from "../src/components/PageState.vue";
import SuggestionPanel from "../src/components/SuggestionPanel.vue";
import { setLocale } from "../src/words";

const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/", name: "home", component: { render: () => null } }, { path: "/articles/:id", name: "article", component: { render: () => null } }] });

function show(component: object, props: Record<string, unknown>): HTMLElement {
  const root = document.createElement("div");
  createApp({ render: () => h(component, props, () => "the page") }).use(router).mount(root);
  return root;
}
const problem = (status: number, code = "x") => new ApiError({ title: "", status, code });

beforeEach(() => setLocale("en"));
afterEach(() => vi.restoreAllMocks());

describe("a page always says where it stands", () => {
  test.each([
    [{ loading: true, error: null, ready: false }, "state-loading"],
    [{ loading: false, error: problem(401), ready: false }, "state-signin"],
    [{ loading: false, error: problem(404), ready: false }, "state-missing"],
    [{ loading: false, error: problem(500), ready: false }, "state-error"],
    [{ loading: false, error: problem(0, "network"), ready: false }, "state-error"],
  ])("%o", (props, testid) => {
    expect(show(PageState, props).querySelector(`[data-testid=${testid}]`)).not.toBeNull();
  });
  test("what is there stays shown while it is read again, even if that fails", () => {
    expect(show(PageState, { loading: true, error: problem(500), ready: true }).textContent).toBe("the page");
  });
});

describe("suggestions", () => {
  const article = { article_id: 7, chunk_id: 9, title: "Braking resistor", snippet: "…", kind: "faq", lang: "en", locator: { uri: "", page: null, box: null, anchor: null }, why: ["Load: hoist", "Load: hoist crane", "Dip: Dip", "third: x"] };
  const feed = (articles: object[], filled: boolean) => {
    const value = { result: { impression_id: "i", articles, checklist: [] }, busy: false, error: null };
    return { state: { value }, articles: { value: articles }, checklist: { value: [] }, filled: { value: filled }, impression: { value: "i" }, opened: vi.fn() };
  };
  test("open at the passage and tell at most two reasons, one per field", () => {
    const root = show(SuggestionPanel, { fields: [], feed: feed([article], true) });
    expect(root.querySelector("[data-testid=suggestion]")?.getAttribute("href")).toBe("/articles/7?chunk=9");
    expect([...root.querySelectorAll(".p-why")].map((one) => one.textContent)).toEqual(["Load: hoist", "Dip"]);
  });
  test("an empty panel says what to do, and is not the same before and after filling in", () => {
    expect(show(SuggestionPanel, { fields: [], feed: feed([], false) }).textContent).toContain("Fill in a few fields");
    expect(show(SuggestionPanel, { fields: [], feed: feed([], true) }).textContent).toContain("No article matches");
  });
});

test("the states of a promise differ in shape, not only in colour", () => {
  const shapes = (["on_time", "soon", "breached", "met"] as const).map((state) => mount(JdPromise, { state, label: "x" }).querySelector("svg")?.innerHTML);
  expect(new Set(shapes).size).toBe(4);
});
