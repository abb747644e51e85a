import { createI18n, languageTag, toLocale, type Locale } from "@jieda/ui";
import { common } from "../locales/common";
import { customers } from "../locales/customers";
import { desk } from "../locales/desk";
import { forms } from "../locales/forms";
import { knowledge } from "../locales/knowledge";
import { login } from "../locales/login";
import { reports } from "../locales/reports";
import { routing } from "../locales/routing";
import { rules } from "../locales/rules";
import { workflows } from "../locales/workflows";

export const dictionary = { ...common, ...customers, ...login, ...desk, ...knowledge, ...reports, ...routing, ...rules, ...workflows, ...forms };
export type Key = keyof typeof dictionary;

const STORED = "jieda.console.locale";

export const { locale, t, pick } = createI18n(dictionary, firstLocale());

function firstLocale(): Locale {
  return toLocale(localStorage.getItem(STORED) ?? navigator.language);
}

/** Changes the language of the whole console; remembered only where the reader chose it. */
export function setLocale(next: Locale, remember = true): void {
  locale.value = next;
  document.documentElement.lang = languageTag(next);
  document.title = t("app.name");
  if (remember) localStorage.setItem(STORED, next);
}

/** Whether this browser says what to speak, by an earlier choice or by its own language. */
export function localeIsKnown(): boolean {
  return localStorage.getItem(STORED) !== null || Boolean(navigator.language);
}

/**
 * The word for a value that came from data, e.g. `label("state", "on_hold")`. Names the deployment
 * invented itself have no entry and are shown as they are.
 */
export function label(group: string, name: string | null | undefined): string {
  if (!name) return "";
  const key = `${group}.${name}`;
  return key in dictionary ? t(key as Key) : name;
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(languageTag(locale.value), options).format(value);
}

export function percent(share: number): string {
  return number(share, { style: "percent", maximumFractionDigits: 0 });
}

/** A country or region by its ISO code, as the reader calls it; what is no code is shown as it is. */
export function country(code: string | null | undefined): string {
  if (!code || !/^[A-Za-z]{2}$/.test(code)) return code ?? "";
  return new Intl.DisplayNames([languageTag(locale.value)], { type: "region" }).of(code.toUpperCase()) ?? code;
}
