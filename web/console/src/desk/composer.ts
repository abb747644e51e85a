import type { Citation, Draft, Ticket } from "@jieda/api-client";
import { reactive } from "vue";
import { newClientId } from "../api/client";
import type { DeskApi } from "../api/desk";
import type { Case } from "./case";

export type Visibility = "public" | "internal";
type Unsent = { text: string; visibility: Visibility; then: string | null; draft: Draft | null; citations: Citation[]; before: string; since: string | null };

/** What was typed and not sent, per ticket, so that looking at another ticket loses nothing. */
const unsent = new Map<string, Unsent>();

export type ComposerModel = ReturnType<typeof createComposer>;

/** The reply box of one ticket: text, visibility, an assisted draft that can be kept or thrown away. */
export function createComposer(ticketId: string, api: Pick<DeskApi, "draft">, openCase: Pick<Case, "reply">) {
  const state = reactive({
    text: "",
    visibility: "public" as Visibility,
    draft: null as Draft | null,
    citations: [] as Citation[], // the sources of a draft go with the reply, also once it is kept
    then: null as string | null, // the state that a macro sends along
    before: "", // what stood in the box before the draft came
    since: null as string | null, // when writing began
    drafting: false,
    nothingFound: false,
    error: null as unknown,
    ...unsent.get(ticketId),
  });
  let clientId = newClientId();

  function keep(): void {
    const { text, visibility, then, draft, citations, before, since } = state;
    if (text || draft) unsent.set(ticketId, { text, visibility, then, draft, citations, before, since });
    else unsent.delete(ticketId);
  }

  function typed(): void {
    state.nothingFound = false;
    if (!state.text) Object.assign(state, { since: null, then: null, citations: [] });
    else state.since ??= new Date().toISOString();
    keep();
  }

  async function draftReply(): Promise<void> {
    if (state.drafting) return;
    Object.assign(state, { drafting: true, nothingFound: false, error: null });
    try {
      use(await api.draft(ticketId));
    } catch (problem) {
      state.error = problem;
    } finally {
      state.drafting = false;
    }
  }

  function use(draft: Draft): void {
    if (!draft.text.trim() || draft.kind === "handoff") {
      state.nothingFound = true;
      return;
    }
    const before = state.draft ? state.before : state.text;
    Object.assign(state, { draft, before, citations: draft.citations, visibility: "public" });
    state.text = before.trim() ? `${before.trimEnd()}\n\n${draft.text}` : draft.text;
    typed();
  }

  function acceptDraft(): void {
    state.draft = null;
    keep();
  }

  function discardDraft(): void {
    state.text = state.before;
    Object.assign(state, { draft: null, citations: [] });
    typed();
  }

  async function send(): Promise<boolean> {
    const text = state.text.trim();
    if (!text) return false;
    const { visibility, then } = state;
    // A source whose mark the agent deleted no longer backs what is sent.
    const citations = state.citations.filter((citation) => text.includes(`[${citation.n}]`));
    const sent = await openCase.reply({ text, visibility, citations, client_id: clientId, ...(then ? { then } : {}) });
    if (!sent) return false;
    clientId = newClientId();
    Object.assign(state, { text: "", then: null, draft: null, citations: [], before: "", since: null, visibility: "public" });
    keep();
    return true;
  }

  /** A macro's text goes below what was typed; its state goes with the reply. */
  function insert(used: { text: string; visibility: Visibility; then: string | null }): void {
    state.text = [state.text.trim(), used.text].filter(Boolean).join("\n\n");
    Object.assign(state, { visibility: used.visibility, then: used.then });
    typed();
  }

  return { state, typed, insert, draftReply, acceptDraft, discardDraft, send };
}

export function takesReplies(ticket: Ticket): boolean {
  return ticket.state.type !== "closed" && ticket.state.type !== "merged";
}
