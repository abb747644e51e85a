import { inTurn, type ApiClient, type ArticleSummary, type List } from "@jieda/api-client";
import type { Locale } from "@jieda/ui/core";

const SHOWN = 4;

/** Questions to start with, taken from the FAQ in the reader's language; from every product in turn, so that all are met. */
export async function findQuestions(api: ApiClient, locale: Locale, product: string | null): Promise<string[]> {
  const query = { kind: "faq", lang: locale, limit: 100, product };
  const { items } = await api.request<List<ArticleSummary>>("/articles", { query });
  const asked = items.filter((article) => /[?？]\s*$/.test(article.title));
  return inTurn(asked).slice(0, SHOWN).map((article) => article.title);
}
