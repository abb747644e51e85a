import { computed, ref, type ComputedRef, type Ref } from "vue";
import { fill, languageTag, pickText, type Dictionary, type Locale, type Message, type Values } from "./words";

export type I18n<D extends Dictionary> = {
  locale: Ref<Locale>;
  t: (key: keyof D & string, values?: Values) => string;
  /** Picks the reader's language out of text that came from data, e.g. a form label. */
  pick: (text: Partial<Message> | string | null | undefined) => string;
  tag: ComputedRef<string>;
};

export function createI18n<D extends Dictionary>(dictionary: D, initial: Locale): I18n<D> {
  const locale = ref<Locale>(initial);
  return {
    locale,
    t: (key, values) => fill(dictionary[key]?.[locale.value] ?? key, values),
    pick: (text) => pickText(text, locale.value),
    tag: computed(() => languageTag(locale.value)),
  };
}
