import type { Draft } from "@jieda/api-client";
import { describe, expect, test, vi } from "vitest";
import { createComposer } from "../src/desk/composer";

const citation = { n: 1, chunk_id: 1, article_id: 1, title: "E-203", quote: "…", locator: { uri: "faq.csv", page: null, box: null, anchor: null }, url: "" };
const drafted: Draft = { kind: "answer", text: "Lower P4-03. [1]", citations: [citation], confidence: 0.9 };
let next = 0;

function composer(draft: Draft = drafted, reply = vi.fn(async () => true), id = `t${next++}`) {
  return { box: createComposer(id, { draft: async () => draft }, { reply }), reply, id };
}

describe("reply box", () => {
  test("a draft stands after what was typed, and discarding it gives that back", async () => {
    const { box } = composer();
    box.state.text = "Hello,";
    box.typed();
    await box.draftReply();
    expect(box.state.text).toBe("Hello,\n\nLower P4-03. [1]");
    box.discardDraft();
    expect(box.state.text).toBe("Hello,");
    expect(box.state.citations).toEqual([]);
  });
  test("a macro's text goes below what was typed, and its state with that one reply", async () => {
    const { box, reply } = composer();
    box.state.text = "Hello,";
    box.insert({ text: "Please try again.", visibility: "public", then: "waiting_customer" });
    await box.send();
    expect(reply).toHaveBeenLastCalledWith(expect.objectContaining({ text: "Hello,\n\nPlease try again.", then: "waiting_customer" }));
    box.state.text = "Anything else?";
    box.typed();
    await box.send();
    expect(reply).toHaveBeenLastCalledWith(expect.not.objectContaining({ then: expect.anything() }));
  });
  test("a kept draft sends its sources along, once", async () => {
    const { box, reply } = composer();
    await box.draftReply();
    box.acceptDraft();
    await box.send();
    expect(reply).toHaveBeenLastCalledWith(expect.objectContaining({ text: "Lower P4-03. [1]", citations: [citation], visibility: "public" }));
    box.state.text = "Anything else?";
    box.typed();
    await box.send();
    expect(reply).toHaveBeenLastCalledWith(expect.objectContaining({ citations: [] }));
  });
  test("a source whose mark was deleted does not go along", async () => {
    const { box, reply } = composer();
    await box.draftReply();
    box.state.text = "Lower P4-03, I tried it myself.";
    box.typed();
    await box.send();
    expect(reply).toHaveBeenLastCalledWith(expect.objectContaining({ citations: [] }));
  });
  test("where nothing answers, nothing is drafted and the box says so", async () => {
    const { box } = composer({ ...drafted, kind: "handoff", text: "Sorry" });
    await box.draftReply();
    expect(box.state.text).toBe("");
    expect(box.state.nothingFound).toBe(true);
  });
  test("a reply that failed keeps its text and goes out again under the same client id", async () => {
    const reply = vi.fn<(sent: { client_id: string }) => Promise<boolean>>().mockResolvedValueOnce(false).mockResolvedValue(true);
    const { box } = composer(drafted, reply as never);
    box.state.text = "Hello";
    expect(await box.send()).toBe(false);
    expect(box.state.text).toBe("Hello");
    expect(await box.send()).toBe(true);
    const [first, second] = reply.mock.calls.map(([sent]) => sent.client_id);
    expect(first).toBe(second);
  });
  test("looking at another ticket loses nothing that was typed", () => {
    const { box, id } = composer();
    box.state.text = "half a sentence";
    box.state.visibility = "internal";
    box.typed();
    const again = composer(drafted, undefined, id).box;
    expect([again.state.text, again.state.visibility]).toEqual(["half a sentence", "internal"]);
  });
  test("after sending the box is public again, so that no note-taker writes to nobody", async () => {
    const { box } = composer();
    box.state.text = "note";
    box.state.visibility = "internal";
    await box.send();
    expect(box.state.visibility).toBe("public");
  });
});
