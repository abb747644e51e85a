export type Part = { text: string; marked: boolean };

/**
 * Cuts a text at the words that were looked for. Latin words are stems ("calibrat" marks "calibration"), so they match
 * from the start of a word to its end; Chinese words match anywhere.
 */
export function markWords(text: string, words: string[]): Part[] {
  const patterns = tellingWords(words).sort((a, b) => b.length - a.length).map(patternOf);
  if (!patterns.length) return [{ text, marked: false }];
  const pieces = text.split(new RegExp(`(${patterns.join("|")})`, "giu"));
  return pieces.map((piece, at) => ({ text: piece, marked: at % 2 === 1 })).filter((part) => part.text);
}

/** A single Chinese character marks half the page; it counts only when there is nothing better. */
function tellingWords(words: string[]): string[] {
  const all = [...new Set(words)].filter(Boolean);
  const long = all.filter((word) => [...word].length > 1);
  return long.length ? long : all;
}

/** Codes are looked for without their joints: "e203" stands for "E-203", "E 203" and "E203". */
function patternOf(word: string): string {
  const letters = [...word].map((letter) => letter.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&"));
  if (/^[a-z]+$/i.test(word)) return `\\b${word}[a-z]*`;
  if (/^[a-z0-9.]+$/i.test(word)) return `\\b${letters.join("[-_./ ]?")}\\b`;
  return letters.join("");
}

/** A piece of the passage around the first word found, short enough for a list of results. */
export function excerpt(text: string, words: string[], length = 220): string {
  const flat = text.replace(/(^|\n)\s*[-*•]\s+/g, "$1").replace(/\s+/g, " ").trim();
  if (flat.length <= length) return flat;
  const parts = markWords(flat, words);
  const first = parts.findIndex((part) => part.marked);
  const before = parts.slice(0, Math.max(0, first)).reduce((sum, part) => sum + part.text.length, 0);
  const start = first < 0 ? 0 : Math.max(0, Math.min(before - 40, flat.length - length));
  return `${start ? "…" : ""}${flat.slice(start, start + length)}${start + length < flat.length ? "…" : ""}`;
}
