import type { Hit } from "@jieda/api-client";

export type Leg = { rank: number; score: number };
export type Explanation = {
  words: { word: string; fields: string[]; source: string }[];
  lexical: Leg | null;
  vector: Leg | null;
  fused: number;
  late_interaction: number | null;
  opening: number | null;
  parts: Record<string, number>;
  collapsed: { chunk_id: number; title: string; product_version: string | null }[];
  notes: string[];
};

/** The explanation of a hit, with what an older server leaves out filled in; null if there is none. */
export function explanationOf(hit: Hit): Explanation | null {
  const told = hit.explanation as Partial<Explanation> | null | undefined;
  if (!told) return null;
  return {
    words: told.words ?? [],
    lexical: told.lexical ?? null,
    vector: told.vector ?? null,
    fused: told.fused ?? hit.score,
    late_interaction: told.late_interaction ?? null,
    opening: told.opening ?? null,
    parts: told.parts ?? {},
    collapsed: told.collapsed ?? [],
    notes: told.notes ?? [],
  };
}

/** The word a matched synonym stands for; null for a word of the query itself. */
export function synonymOf(source: string): string | null {
  return /^synonym of (.+)$/.exec(source)?.[1] ?? null;
}

/** What was written where a matched word was put in its place; null for a word of the query itself. */
export function rescuedFrom(source: string): string | null {
  return /^(?:pinyin|typo|sound|shape) of (.+)$/.exec(source)?.[1] ?? null;
}

/** A model code is indexed without its separators: "e203" stands in the text as "E-203". */
function patternOf(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/([a-z])(?=\d)|(\d)(?=[a-z])/gi, "$&[-_./ ]?");
}

export type Piece = { text: string; hit: boolean };

/** Cuts a passage so that the matched words can be marked, whatever their case. */
export function markWords(text: string, words: string[]): Piece[] {
  const wanted = words.filter(Boolean).sort((one, other) => other.length - one.length);
  if (!wanted.length) return [{ text, hit: false }];
  const pattern = new RegExp(`(${wanted.map(patternOf).join("|")})`, "gi");
  return text
    .split(pattern)
    .map((piece, index) => ({ text: piece, hit: index % 2 === 1 }))
    .filter((piece) => piece.text);
}
