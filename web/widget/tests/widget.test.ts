import { FakeServer } from "@jieda/api-client/fakes";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { JiedaWidget } from "../src/element";

let server: FakeServer;
let element: JiedaWidget;

const root = () => element.shadowRoot as ShadowRoot;
const find = <T extends HTMLElement>(testid: string) => root().querySelector<T>(`[data-testid="${testid}"]`);
const all = (testid: string) => [...root().querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)];
const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

async function open(attributes: Record<string, string> = {}): Promise<void> {
  element = document.createElement("jieda-widget") as JiedaWidget;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.body.append(element);
  await settle();
  find("widget-launcher")?.click();
  await settle();
}
async function say(text: string): Promise<void> {
  const input = find<HTMLTextAreaElement>("widget-input");
  if (!input) throw new Error("no input");
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  await settle();
}

beforeEach(() => {
  if (!customElements.get("jieda-widget")) customElements.define("jieda-widget", JiedaWidget);
  localStorage.clear();
  sessionStorage.clear();
  server = new FakeServer();
  vi.stubGlobal("fetch", server.fetch);
  vi.stubGlobal("WebSocket", function (url: string) {
    return server.connect(url);
  });
});
afterEach(async () => {
  element.remove();
  await settle();
  vi.unstubAllGlobals();
});

describe("the widget", () => {
  test("answers a question and cites, and the citation opens the passage in a new tab", async () => {
    await open({ "data-locale": "en", "data-api": "https://help.example" });
    server.cite = { n: 1, chunk_id: 3, article_id: 7, title: "Manual", quote: "", url: "/portal/articles/7?chunk=3", locator: { uri: "", page: 12, box: null, anchor: null } };
    await say("E-203?");
    expect(all("widget-turn").map((turn) => turn.dataset.role)).toEqual(["user", "assistant"]);
    const citation = find<HTMLAnchorElement>("widget-citation");
    expect(citation?.href).toBe("https://help.example/portal/articles/7?chunk=3");
    expect(citation?.target).toBe("_blank");
    expect(citation?.textContent).toContain("page 12");
  });

  test("shows what others wrote as text, whatever it looks like", async () => {
    await open({ "data-locale": "en" });
    await say("hi");
    server.add("agent", '<img src=x onerror="alert(1)"> **bold** [x](javascript:alert(1))');
    await settle();
    expect(root().querySelector("img, a[href^=javascript]")).toBeNull();
    expect(all("widget-turn").pop()?.querySelector("strong")?.textContent).toBe("bold");
  });

  test("a citation that leads to a script leads nowhere", async () => {
    await open({ "data-locale": "en" });
    server.cite = { n: 1, chunk_id: 3, article_id: 7, title: "x", quote: "", url: "javascript:alert(1)", locator: { uri: "", page: null, box: null, anchor: null } };
    await say("hi");
    expect(find<HTMLAnchorElement>("widget-citation")?.getAttribute("href")).toBe("#");
  });

  test("Enter while an input method is composing sends nothing", async () => {
    await open();
    const input = find<HTMLTextAreaElement>("widget-input");
    if (input) input.value = "zhi dong";
    input?.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    input?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true }));
    await settle();
    expect(server.opened).toBe(0);
    expect(input?.value).toBe("zhi dong");
  });

  test("follows the page's language while it is open, unless told otherwise", async () => {
    document.documentElement.lang = "zh-CN";
    await open();
    expect(find("widget-handoff")?.textContent).toContain("转人工");
    document.documentElement.lang = "en";
    await settle();
    expect(find("widget-handoff")?.textContent).toContain("person");
    element.setAttribute("data-locale", "zh");
    await settle();
    expect(find("widget-handoff")?.textContent).toContain("转人工");
  });

  test("counts unread turns on its button and forgets them when opened", async () => {
    await open({ "data-locale": "en" });
    await say("hi");
    find("widget-close")?.click();
    await settle();
    server.add("agent", "one");
    server.add("agent", "two");
    await settle();
    expect(find("widget-unread")?.textContent).toBe("2");
    find("widget-launcher")?.click();
    await settle();
    expect(find("widget-unread")).toBeNull();
  });

  test("Escape closes it and gives the focus back to the button", async () => {
    await open();
    find("widget-input")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true, composed: true }));
    await settle();
    expect(find("widget-panel")).toBeNull();
    expect(root().activeElement).toBe(find("widget-launcher"));
  });

  test("offers a person while the bot talks, and no longer once somebody waits or writes", async () => {
    await open({ "data-locale": "en" });
    await say("hi");
    expect(find("widget-handoff")).not.toBeNull();
    server.state = "waiting";
    find("widget-handoff")?.click();
    await settle();
    expect(find("widget-handoff")).toBeNull();
    expect(find("widget-handoff-card")).not.toBeNull();
  });

  test("promises the time the reply is due, not a rounded wait, and says so no more once a person is here", async () => {
    await open({ "data-locale": "en" });
    await say("hi");
    const due = new Date(Date.now() + 32 * 3_600_000).toISOString();
    server.ticket = { id: 1, number: "JD-1", state: "new", assignee_name: null, queue: "q", first_response_due_at: due, expected_wait_minutes: 1400, is_out_of_hours: false, next_working_at: null };
    server.state = "waiting";
    find("widget-handoff")?.click();
    await settle();
    expect(find("widget-wait")?.textContent).toMatch(/^We will reply by \w{3} \d\d:\d\d$/);
    expect(find("widget-handoff-card")?.textContent).toContain("office hours");
    server.state = "agent";
    server.tellState();
    await settle();
    expect(find("widget-wait")).toBeNull();
    expect(find("widget-handoff-card")?.textContent ?? "").not.toContain("will take over");
  });

  test("asks for a rating after the resolution, and thanks for it", async () => {
    await open({ "data-locale": "en" });
    await say("hi");
    server.state = "resolved";
    server.survey = { id: "s", asked_at: "2026-01-01T00:00:00Z", rating: null };
    server.tellState();
    await settle();
    find("widget-rating-4")?.querySelector("input")?.click();
    await settle();
    find("widget-rating-submit")?.click();
    find("widget-rating")?.dispatchEvent(new Event("submit", { cancelable: true }));
    await settle();
    expect(find("widget-rating-done")).not.toBeNull();
  });
});
