/** Tickets for tests; only what a test names differs. */
import type { Ticket, TicketSummary } from "@jieda/api-client";

export const NOW = Date.parse("2026-11-23T02:00:00Z");
export const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();

export function summary(id: number, more: Partial<TicketSummary> = {}): TicketSummary {
  return {
    id, number: `JD-${id}`, subject: `Subject ${id}`, state: { slug: "new", name: { zh: "新建", en: "New" }, type: "new" }, priority: "normal", kind: "general",
    tier: "standard", company: null, requester: null, queue: { slug: "general-zh", name: { zh: "咨询", en: "General" } }, assignee: null,
    language: "zh", channel: "widget", product: null, conversation_id: null, waiting_since: at(-60), created_at: at(-60), updated_at: at(-60), clocks: [], promise: "on_time", due_at: at(60),
    version: 1, last_message: null, unread: true, ...more,
  };
}

export function whole(id: number, more: Partial<Ticket> = {}): Ticket {
  return {
    ...summary(id), messages: [], conversation_id: null, form: null, tried: [], history: [], allowed_states: [], survey: null, handoff: null,
    ...more,
  } as Ticket;
}

export const state = (type: TicketSummary["state"]["type"]): TicketSummary["state"] => ({ slug: type, name: { zh: type, en: type }, type });
