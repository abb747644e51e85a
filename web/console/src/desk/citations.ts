import type { Citation } from "@jieda/api-client";

/** Where the console shows a citation: the article, at the passage. */
export function articleAt(citation: Pick<Citation, "article_id" | "chunk_id">) {
  return { name: "article", params: { id: String(citation.article_id) }, query: { chunk: String(citation.chunk_id) } };
}
