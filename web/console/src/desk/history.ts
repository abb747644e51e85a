import { label } from "../app/i18n";

const GROUPS = ["state", "priority", "clock", "tier", "channel"];
// Ids and what the event's name already says are left out.
const SHOWN = ["queue", "agent", "metric", "rating", "comment", "into", "merged", "reason"];

/** A history detail as a short phrase: "New → Open", "Tao Ran". */
export function detailText(detail: unknown, queueName: (slug: string) => string = (slug) => slug): string {
  if (detail === null || detail === undefined) return "";
  if (typeof detail !== "object") return word(String(detail));
  const { before, after, ...rest } = detail as Record<string, unknown>;
  const known = (value: unknown) => {
    const raw = plain(value);
    const queue = queueName(raw);
    return queue === raw ? word(raw) : queue;
  };
  const move = [before, after].map(known).filter(Boolean).join(" → ");
  const others = SHOWN.map((key) => known(rest[key]));
  return [move, ...others].filter(Boolean).join(" · ");
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  const { name, slug } = value as { name?: unknown; slug?: unknown };
  if (typeof name === "string") return name;
  return typeof slug === "string" ? slug : JSON.stringify(value);
}

function word(value: string): string {
  const group = GROUPS.find((one) => label(one, value) !== value);
  return group ? label(group, value) : value;
}
