import { languageTag } from "@jieda/ui";
import { locale, number } from "../app/i18n";

/** A contract in one line: its value, and from when to when it runs. */
export function contractText(contract: Record<string, unknown>): string {
  const { value, currency, starts_on: start, ends_on: end } = contract;
  const worth = typeof value === "number" ? money(value, currency) : "";
  const days = [start, end].map((day) => (typeof day === "string" ? day : "")).filter(Boolean);
  return [worth, days.join(" – ")].filter(Boolean).join(" · ");
}

function money(value: number, currency: unknown): string {
  if (typeof currency !== "string") return number(value);
  return new Intl.NumberFormat(languageTag(locale.value), { style: "currency", currency, maximumFractionDigits: 0 }).format(value);
}
