import type { TicketSummary } from "@jieda/api-client";

const TIERS: Record<string, number> = { vip: 0, gold: 1, standard: 2 };
const LAST_TIER = 2;
const DAY = 86_400_000;
const WITHOUT_PROMISE = 7 * DAY;
const OUR_TURN = new Set(["new", "open"]);

/**
 * The order promises demand, as the server sorts: what waits for us first, then tier (one higher for each
 * full day overdue, so that nobody starves), then time left, then age. The server's order is the
 * truth; this one puts a live ticket into its place until the list is read again.
 */
export function byPromise(one: TicketSummary, other: TicketSummary, now = Date.now()): number {
  return (
    Number(!OUR_TURN.has(one.state.type)) - Number(!OUR_TURN.has(other.state.type)) ||
    level(one, now) - level(other, now) ||
    sortDue(one) - sortDue(other) ||
    Date.parse(one.created_at) - Date.parse(other.created_at) ||
    Number(one.id) - Number(other.id)
  );
}

function level(ticket: TicketSummary, now: number): number {
  const place = TIERS[ticket.tier ?? ""] ?? LAST_TIER;
  const daysOver = Math.max(0, Math.floor((now - sortDue(ticket)) / DAY));
  return Math.max(0, place - daysOver);
}

function sortDue(ticket: TicketSummary): number {
  if (ticket.due_at) return Date.parse(ticket.due_at);
  return Date.parse(ticket.waiting_since ?? ticket.created_at) + WITHOUT_PROMISE;
}
