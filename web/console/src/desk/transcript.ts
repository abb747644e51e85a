import type { TicketMessage } from "@jieda/api-client";
import { dayOf, type Locale } from "@jieda/ui";

export type Tone = "customer" | "bot" | "agent" | "internal" | "system";
export type Day = { day: string; messages: TicketMessage[] };

export function toneOf(message: Pick<TicketMessage, "role" | "visibility">): Tone {
  if (message.role === "system") return "system";
  if (message.visibility === "internal") return "internal";
  return message.role;
}

export function authorOf(message: TicketMessage): string | null {
  return message.author;
}

/** Messages under their days, in the reader's zone. */
export function byDay(messages: TicketMessage[], locale: Locale): Day[] {
  const days: Day[] = [];
  for (const message of messages) {
    const day = dayOf(message.created_at, locale);
    const last = days.at(-1);
    if (last?.day === day) last.messages.push(message);
    else days.push({ day, messages: [message] });
  }
  return days;
}

/** The colleague who answered the customer after `since`, if any: two people are writing at once. */
export function repliedMeanwhile(messages: TicketMessage[], since: string | null, ownName: string | null): string | null {
  if (!since) return null;
  const other = messages.find((message) => {
    const late = Date.parse(message.created_at) > Date.parse(since);
    return late && toneOf(message) === "agent" && authorOf(message) !== ownName;
  });
  return other ? authorOf(other) : null;
}
