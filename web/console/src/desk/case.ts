import { ApiError, type Priority, type Ticket, type TicketSummary } from "@jieda/api-client";
import { reactive } from "vue";
import type { DeskApi, Reply } from "../api/desk";
import { problemText } from "../app/problems";
import { isLater } from "./merge";

const TYPING_MS = 4_000;

export type Case = ReturnType<typeof createCase>;

/** The one ticket the agent looks at, and what can be done with it. */
export function createCase(api: DeskApi, changed: (ticket: Ticket) => void) {
  const state = reactive({
    id: null as string | null,
    ticket: null as Ticket | null,
    error: null as unknown,
    busy: null as string | null,
    notice: null as string | null,
    typingUntil: 0,
  });

  async function open(id: string | null): Promise<void> {
    Object.assign(state, { id, ticket: null, error: null, notice: null, busy: null, typingUntil: 0 });
    if (id !== null) await refresh();
  }

  async function refresh(): Promise<void> {
    const id = state.id;
    if (id === null) return;
    try {
      const ticket = await api.ticket(id);
      if (state.id === id) accept(ticket);
    } catch (problem) {
      // What is on the screen stays; only an empty screen shows the error.
      if (state.id === id && !state.ticket) state.error = problem;
    }
  }

  function accept(ticket: Ticket): void {
    if (String(ticket.id) !== state.id) return changed(ticket);
    if (state.ticket && !isLater(ticket, state.ticket)) return;
    state.ticket = ticket;
    state.error = null;
    if (ticket.unread) api.markRead(ticket.id).catch(() => undefined); // a mark that is lost costs nothing
    changed(ticket);
  }

  let last: Promise<unknown> = Promise.resolve();
  const underWay = new Set<string>();

  /** One action after the other: a click made while another is on its way waits its turn, it is not lost. */
  function act(name: string, action: (ticket: Ticket) => Promise<Ticket>): Promise<boolean> {
    if (underWay.has(name)) return Promise.resolve(false); // the same button pressed twice
    underWay.add(name);
    const id = state.id;
    const mine = last.then(() => run(id, name, action)).finally(() => underWay.delete(name));
    last = mine;
    return mine;
  }

  /** A refusal becomes a kind sentence above the case, with the newest state below it. */
  async function run(id: string | null, name: string, action: (ticket: Ticket) => Promise<Ticket>): Promise<boolean> {
    const ticket = state.ticket;
    if (!ticket || state.id !== id) return false;
    Object.assign(state, { busy: name, notice: null });
    try {
      accept(await action(ticket));
      return true;
    } catch (problem) {
      state.notice = problemText(problem);
      if (problem instanceof ApiError && problem.status === 409) await refresh();
      return false;
    } finally {
      state.busy = null;
    }
  }

  /** A claim that failed only because our copy was old is tried once more on the newest state. */
  async function claimFresh(ticket: Ticket): Promise<Ticket> {
    try {
      return await api.claim(ticket.id, ticket.version);
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== "version_conflict") throw problem;
      const newest = await api.ticket(ticket.id);
      return api.claim(newest.id, newest.version);
    }
  }

  function heard(ticket: TicketSummary): void {
    if (String(ticket.id) !== state.id) return;
    if (ticket.last_message?.role === "customer") state.typingUntil = 0;
    if (!state.ticket || isLater(ticket, state.ticket)) void refresh();
  }

  return {
    state,
    /** Any other act on the ticket; its refusal is told above the case, too. */
    act,
    open,
    refresh,
    heard,
    typing: (id: string, now: number) => void (id === state.id && (state.typingUntil = now + TYPING_MS)),
    claim: () => act("claim", claimFresh),
    assign: (agentId: string | number | null) => act("assign", (ticket) => api.assign(ticket.id, agentId, ticket.version)),
    resolve: () => act("resolve", (ticket) => api.resolve(ticket.id, ticket.version)),
    giveBack: () => act("giveBack", (ticket) => api.giveBack(ticket.id, ticket.version)),
    setState: (slug: string) => act("state", (ticket) => api.change(ticket.id, { state: slug, version: ticket.version })),
    setPriority: (priority: Priority) =>
      act("priority", (ticket) => api.change(ticket.id, { priority, version: ticket.version })),
    setQueue: (queue: string) => act("queue", (ticket) => api.change(ticket.id, { queue, version: ticket.version })),
    /** `client_id` stays the same when a failed reply is sent again, so that it cannot arrive twice. */
    reply: (reply: Reply) => act("reply", (ticket) => api.reply(ticket.id, reply)),
  };
}
