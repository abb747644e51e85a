/** A list of words as people type it: with commas of either language, each word once. */
export function wordsOf(text: string): string[] {
  return [...new Set(text.split(/[,，、;；]/).map((one) => one.trim()))].filter(Boolean);
}

/** A number of minutes as people type it: nothing means never. */
export function minutesOf(text: string): number | null {
  const number = Number(text);
  return text.trim() === "" || !Number.isFinite(number) ? null : Math.max(0, Math.round(number));
}
