import type { TicketState } from "@jieda/api-client";
import { label, pick } from "../app/i18n";

/** A status in the reader's language; the vendor's own name, or our word for its type. */
export function stateName(state: TicketState): string {
  return pick(state.name) || label("state", state.type);
}

/** "#1042", or "JD-000042" where the number carries its own prefix. */
export function ticketNumber(number: string | number): string {
  return /^\d+$/.test(String(number)) ? `#${number}` : String(number);
}
