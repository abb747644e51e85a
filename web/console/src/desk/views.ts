import type { TicketSummary } from "@jieda/api-client";
import type { TicketQuery } from "../api/desk";

export type ViewName = "open" | "mine" | "unassigned" | "done";
/** Which tickets the list shows: a named view or one queue. */
export type View = { name: ViewName } | { queue: string };

const DONE = new Set(["solved", "closed", "merged"]);
const UNFINISHED = ["new", "open", "waiting_customer", "on_hold"] as const;
const NAMES: ViewName[] = ["open", "mine", "unassigned", "done"];
export const VIEWS = NAMES;

export function isDone(ticket: Pick<TicketSummary, "state">): boolean {
  return DONE.has(ticket.state.type);
}

export function viewOf(query: { view?: unknown; queue?: unknown }): View {
  if (typeof query.queue === "string" && query.queue) return { queue: query.queue };
  const name = NAMES.find((known) => known === query.view);
  return { name: name ?? "open" };
}

export function sameView(one: View, other: View): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What to ask the server for. */
export function queryOf(view: View): TicketQuery {
  if ("queue" in view) return { queue: view.queue, states: UNFINISHED };
  if (view.name === "done") return { states: [...DONE] };
  const assignee = { mine: "me", unassigned: "none", open: undefined }[view.name];
  return { states: UNFINISHED, assignee };
}

/** Whether a ticket stands in this view; `agentId` is the reader's own, null while unknown. */
export function belongs(ticket: TicketSummary, view: View, agentId: string | null): boolean {
  if ("queue" in view) return !isDone(ticket) && ticket.queue.slug === view.queue;
  if (view.name === "done") return isDone(ticket);
  if (isDone(ticket)) return false;
  if (view.name === "unassigned") return ticket.assignee === null;
  if (view.name === "mine") return agentId !== null && String(ticket.assignee?.id) === agentId;
  return true;
}
