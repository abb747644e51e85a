import type { Chunk } from "@jieda/api-client";

export type Heading = { id: string; text: string; level: number };
export type Passage = {
  chunk: Chunk;
  /** Headings that begin with this passage. */
  headings: Heading[];
  /** The page of the original that begins here, else null. */
  page: number | null;
};

/** An article's passages in order, with the headings and pages that begin at each. */
export function outlineOf(chunks: Chunk[]): Passage[] {
  let path: string[] = [];
  let page: number | null = null;
  return chunks.map((chunk, at) => {
    const headings = newHeadings(path, chunk.heading_path, at);
    const turned = chunk.locator.page !== null && chunk.locator.page !== page;
    path = chunk.heading_path;
    page = chunk.locator.page ?? page;
    return { chunk, headings, page: turned ? chunk.locator.page : null };
  });
}

function newHeadings(before: string[], now: string[], at: number): Heading[] {
  const same = now.findIndex((text, level) => text !== before[level]);
  if (same < 0) return [];
  return now.slice(same).map((text, offset) => ({ id: `section-${at}-${offset}`, text, level: Math.min(same + offset, 2) + 2 }));
}
