import type { ArticleSummary, Form, List, Text2 } from "@jieda/api-client";
import { computed, type ComputedRef } from "vue";
import { api } from "../session";
import { pick } from "../words";
import { useLoad, type Loaded } from "./useLoad";

/** `articles` is null where there are too many to have counted them all. */
export type Product = { slug: string; name: string; articles: number | null };

type Shelf = { articles: ArticleSummary[]; total: number; forms: Form[] };

/** The product lines there are articles about. Their names come from the forms' product choices, which are data, too. */
export function useProducts(): { products: ComputedRef<Product[]>; shelf: Loaded<Shelf> } {
  const shelf = useLoad(async (signal) => {
    const [articles, forms] = await Promise.all([
      api.request<List<ArticleSummary>>("/articles", { query: { limit: 200 }, signal }),
      api.request<List<Form>>("/forms", { signal }),
    ]);
    return { articles: articles.items, total: articles.total ?? articles.items.length, forms: forms.items };
  });
  const products = computed(() => (shelf.data.value ? productsOf(shelf.data.value) : []));
  return { products, shelf };
}

function productsOf({ articles, total, forms }: Shelf): Product[] {
  const counts = new Map<string, number>();
  for (const { product } of articles) if (product) counts.set(product, (counts.get(product) ?? 0) + 1);
  const names = productNames(forms);
  const listed = [...counts].map(([slug, count]) => ({ slug, name: pick(names.get(slug)) || slug, articles: total > articles.length ? null : count }));
  return listed.sort((a, b) => a.slug.localeCompare(b.slug));
}

function productNames(forms: Form[]): Map<string, Text2> {
  const fields = forms.flatMap((form) => form.fields).filter((field) => field.name === "product");
  return new Map(fields.flatMap((field) => field.options).map((option) => [option.value, option.label]));
}
