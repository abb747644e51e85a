export type Locale = "zh" | "en";
/** One sentence in both languages; `{name}` marks a value, `{n:page|pages}` a word by number; filled by `fill`. */
export type Message = { zh: string; en: string };
export type Dictionary = Record<string, Message>;
export type Values = Record<string, string | number>;

/** Turns any language tag ("zh-Hans-CN", "en_US") into one of ours; everything that is not Chinese reads English. */
export function toLocale(tag: string | null | undefined): Locale {
  return /^zh/i.test(tag ?? "") ? "zh" : "en";
}

export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)(?::([^|{}]*)\|([^|{}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return one === undefined ? String(value) : ((String(value) === "1" ? one : many) ?? "");
  });
}

/** Picks the reader's language out of text that came from data; text in one language only is shown in that one. */
export function pickText(text: Partial<Message> | string | null | undefined, locale: Locale): string {
  if (!text) return "";
  if (typeof text === "string") return text;
  return text[locale] || text.zh || text.en || "";
}

export function languageTag(locale: Locale): string {
  return locale === "zh" ? "zh-CN" : "en";
}
