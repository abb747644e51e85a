import { createI18n, toLocale, type Locale } from "@jieda/ui";
import { watchEffect } from "vue";
import { messages } from "./locales/messages";

const KEY = "jieda:locale";

export const words = createI18n(messages, remembered());
export const { t, pick, locale } = words;

watchEffect(() => {
  document.documentElement.lang = words.tag.value; // the widget follows it
});

export function setLocale(value: Locale): void {
  locale.value = value;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // storage is forbidden here; the choice then lasts as long as the page
  }
}

/** What the address asks for, else what the reader chose before, else the browser's language. */
function remembered(): Locale {
  const asked = new URLSearchParams(location.search).get("lang");
  if (asked) return toLocale(asked);
  try {
    return toLocale(localStorage.getItem(KEY) ?? navigator.language);
  } catch {
    return toLocale(navigator.language);
  }
}
