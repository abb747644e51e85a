import type { ArticleKind, ArticleSummary, Hit, List, SearchOut } from "@jieda/api-client";
import { ref, type Ref } from "vue";
import { api } from "../session";
import { useLoad, type Loaded } from "./useLoad";

export type Asked = { query: string; kind: string; lang: string; product: string };
/** One article with its best passage; further passages of the same article are counted, not repeated. */
export type ResultGroup = {
  articleId: number | string;
  chunkId: number | string | null;
  title: string;
  heading: string;
  text: string;
  kind: ArticleKind;
  lang: string;
  product: string | null;
  page: number | null;
  words: string[];
  others: number;
};
export type Results = { groups: ResultGroup[]; total: number; tookMs: number | null; hasMore: boolean };

const PAGE = 20;
const PASSAGES = 40;

export function useResults(asked: () => Asked): { results: Loaded<Results>; more: () => Promise<void>; moreBusy: Ref<boolean> } {
  const results = useLoad((signal) => (asked().query ? search(asked(), signal) : browse(asked(), 0, signal)), asked);
  const moreBusy = ref(false);
  async function more(): Promise<void> {
    const now = results.data.value;
    if (!now) return;
    moreBusy.value = true;
    try {
      const next = await browse(asked(), now.groups.length);
      if (results.data.value === now) results.data.value = { ...next, groups: [...now.groups, ...next.groups] };
    } finally {
      moreBusy.value = false;
    }
  }
  return { results, more, moreBusy };
}

async function search(asked: Asked, signal: AbortSignal): Promise<Results> {
  const { query, kind, lang, product } = asked;
  // The explanation names the words that matched, as the analyser cut them; guessing them here would mark others.
  const body = { query, top_k: PASSAGES, explain: true, ...chosen({ kind, lang, product }) };
  const found = await api.request<SearchOut>("/search", { method: "POST", body, signal });
  const groups = groupHits(found.hits);
  return { groups, total: groups.length, tookMs: found.took_ms, hasMore: false };
}

async function browse(asked: Asked, offset: number, signal?: AbortSignal): Promise<Results> {
  const { kind, lang, product } = asked;
  const query = { kind, lang, product, limit: PAGE, offset };
  const found = await api.request<List<ArticleSummary>>("/articles", signal ? { query, signal } : { query });
  const total = found.total ?? found.items.length;
  return { groups: found.items.map(listed), total, tookMs: null, hasMore: offset + found.items.length < total };
}

function chosen(filters: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
}

export function groupHits(hits: Hit[]): ResultGroup[] {
  const groups = new Map<number | string, ResultGroup>();
  for (const hit of hits) {
    const known = groups.get(hit.article_id);
    if (known) known.others += 1;
    else groups.set(hit.article_id, fromHit(hit));
  }
  return [...groups.values()];
}

function fromHit(hit: Hit): ResultGroup {
  const { title, heading, text, kind, lang, product, locator } = hit;
  const words = matchedWords(hit.explanation);
  return { articleId: hit.article_id, chunkId: hit.chunk_id, title, heading, text, kind, lang, product, page: locator.page, words, others: 0 };
}

function matchedWords(explanation: Hit["explanation"]): string[] {
  const words = (explanation?.words ?? []) as { word: string }[];
  return words.map((entry) => entry.word);
}

function listed({ id, title, kind, lang, product }: ArticleSummary): ResultGroup {
  return { articleId: id, chunkId: null, title, heading: "", text: "", kind, lang, product, page: null, words: [], others: 0 };
}
