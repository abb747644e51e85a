import { toLocale, type Locale } from "@jieda/ui/core";
import type { PageContext } from "@jieda/api-client";

/** What a page can say about the widget, all by attributes. */
export type Settings = {
  locale: Locale;
  position: "left" | "right";
  title: string;
  accent: string | null;
  product: string | null;
  /** Set from script: `document.querySelector("jieda-widget").context = {…}`; travels with turns and handoff. */
  context: PageContext | null;
};

export const ATTRIBUTES = ["data-locale", "data-accent", "data-position", "data-api", "data-theme", "data-title", "data-product"];

export function readSettings(element: HTMLElement, context: PageContext | null): Settings {
  const { locale, accent, position, title, product } = element.dataset;
  return {
    locale: toLocale(locale || element.lang || document.documentElement.lang || navigator.language),
    position: position === "left" ? "left" : "right",
    title: title ?? "",
    accent: accent ?? null,
    product: product || null,
    context,
  };
}

/** Where the API lives: what the page says, else where the script came from. */
export function apiOrigin(element: HTMLElement, scriptOrigin: string): string {
  return element.dataset.api || scriptOrigin;
}
