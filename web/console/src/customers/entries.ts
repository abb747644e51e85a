import type { IconName } from "@jieda/ui";
import type { RouteLocationRaw } from "vue-router";
import type { Entry } from "../api/customers";
import { label, t } from "../app/i18n";

export const KINDS = ["ticket", "conversation", "rating", "suggestion", "article", "change"] as const;

export const ICONS: Record<Entry["kind"], IconName> = {
  ticket: "ticket",
  conversation: "chat",
  rating: "star",
  suggestion: "spark",
  article: "book",
  change: "note",
};

export type Seen = { id: number; title: string; opened: boolean };
const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

/** The articles a suggestion showed. */
export function seenIn(entry: Entry): Seen[] {
  return Array.isArray(entry.detail.articles) ? (entry.detail.articles as Seen[]) : [];
}

/** What the entry is called in the line of time. */
export function titleOf(entry: Entry): string {
  if (entry.kind === "change") return label("change", entry.title);
  if (entry.kind === "suggestion") return t("profile.suggested", { page: entry.title });
  if (entry.kind === "article") return entry.title || t("profile.articleGone");
  return entry.title || t("profile.nothingSaid");
}

/** The small print under the title. */
export function factsOf(entry: Entry): string[] {
  const { detail } = entry;
  const facts: Record<Entry["kind"], () => string[]> = {
    ticket: () => [text(detail.number), label("state", text(detail.state)), label("priority", text(detail.priority)), text(detail.product)],
    rating: () => [`${"★".repeat(Number(detail.rating) || 0)}${"☆".repeat(5 - (Number(detail.rating) || 0))}`, text(detail.comment), text(detail.agent)],
    conversation: () => [t("profile.turns", { n: text(detail.turns) }), text(detail.page)],
    suggestion: () => [text(detail.product)],
    article: () => [],
    change: () => [text(detail.actor), changedFields(detail)],
  };
  return [...facts[entry.kind](), entry.person_name ?? ""].filter(Boolean);
}

function changedFields(detail: Record<string, unknown>): string {
  if (detail.fields && typeof detail.fields === "object") return Object.keys(detail.fields).map((name) => label("dirfield", name)).join(", ");
  return [text(detail.channel), text(detail.value), text(detail.slug)].filter(Boolean).join(" ");
}

/** Where the entry opens, if anywhere. */
export function targetOf(entry: Entry): RouteLocationRaw | null {
  const ticket = entry.kind === "ticket" ? entry.ref : entry.detail.ticket_id;
  if ((typeof ticket === "number" || typeof ticket === "string") && ticket !== "") return { name: "desk", params: { id: String(ticket) } };
  return entry.kind === "article" && entry.title ? { name: "article", params: { id: text(entry.detail.article_id) } } : null;
}
