import { languageTag, type Locale } from "./words";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 minutes ago", "in 2 hours"; anything under 45 seconds either way is "now". */
export function relativeTime(iso: string, locale: Locale, now = Date.now()): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (Math.abs(seconds) < 45) return locale === "zh" ? "刚刚" : "just now";
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ["minute", 60];
  const count = Math.round(seconds / size) || Math.sign(seconds);
  return new Intl.RelativeTimeFormat(languageTag(locale), { numeric: "auto" }).format(count, unit);
}

/** Date and time in the reader's zone, for the tooltip beside a relative time. */
export function absoluteTime(iso: string, locale: Locale): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(languageTag(locale), { dateStyle: "medium", timeStyle: "short" }).format(date);
}

export function dayOf(iso: string, locale: Locale): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(languageTag(locale), { dateStyle: "medium" }).format(date);
}

export function clockTime(iso: string, locale: Locale): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(languageTag(locale), { hour: "2-digit", minute: "2-digit", hour12: false }).format(date);
}

/** When something is due, short enough for a line: today's time, the weekday within six days, else the date. */
export function dueTime(iso: string, locale: Locale, now = new Date()): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return "";
  const clock = clockTime(iso, locale);
  if (date.toDateString() === now.toDateString()) return locale === "zh" ? `今天 ${clock}` : `${clock} today`;
  const near = Math.abs(date.getTime() - now.getTime()) < 6 * 86_400_000; // the same weekday never means two days
  const shape: Intl.DateTimeFormatOptions = near ? { weekday: "short" } : { month: "short", day: "numeric" };
  return `${new Intl.DateTimeFormat(languageTag(locale), shape).format(date)} ${clock}`;
}

/** A span of minutes as people say it: "45 min", "2 h 30 min", "1 day". */
export function duration(minutes: number, locale: Locale): string {
  const zh = locale === "zh";
  const whole = Math.max(0, Math.round(minutes));
  if (whole < 60) return zh ? `${whole} 分钟` : `${whole} min`;
  if (whole >= 1440) {
    const days = Math.round(whole / 1440);
    return zh ? `${days} 天` : `${days} day${days > 1 ? "s" : ""}`;
  }
  const hours = Math.floor(whole / 60);
  const rest = whole % 60;
  const head = zh ? `${hours} 小时` : `${hours} h`;
  if (!rest) return head;
  return zh ? `${head} ${rest} 分钟` : `${head} ${rest} min`;
}
