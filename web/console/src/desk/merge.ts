import type { TicketSummary } from "@jieda/api-client";
import { byPromise } from "./order";

export type Merged = { items: TicketSummary[]; change: "added" | "updated" | "removed" | "none" };

/** Whether `next` tells something later than `known`; frames may overtake answers and each other. */
export function isLater(next: TicketSummary, known: TicketSummary): boolean {
  if (next.version !== known.version) return next.version > known.version;
  return Date.parse(next.updated_at) >= Date.parse(known.updated_at);
}

/**
 * Puts a live ticket into the list: in its place if it `belongs`, out of it if it no longer does.
 * Tickets that did not change keep the order the server gave them.
 */
export function mergeTicket(items: TicketSummary[], ticket: TicketSummary, belongs: boolean): Merged {
  const known = items.find((item) => String(item.id) === String(ticket.id));
  if (known && !isLater(ticket, known)) return { items, change: "none" };
  if (!belongs) {
    return known ? { items: items.filter((item) => item !== known), change: "removed" } : { items, change: "none" };
  }
  if (known && byPromise(known, ticket) === 0) {
    return { items: items.map((item) => (item === known ? ticket : item)), change: "updated" };
  }
  const others = items.filter((item) => item !== known);
  const at = others.findIndex((item) => byPromise(ticket, item) < 0);
  others.splice(at < 0 ? others.length : at, 0, ticket);
  return { items: others, change: known ? "updated" : "added" };
}
