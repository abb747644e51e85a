import type { Clock, PromiseState, TicketSummary } from "@jieda/api-client";
import { absoluteTime, dueTime, duration, type Locale } from "@jieda/ui";
import { t } from "../app/i18n";

const MINUTE = 60_000;
const SOON_FROM = 0.75;
/** Beyond this, nights and weekends lie between; the time itself then tells more than a rounded span. */
const FAR_MINUTES = 180;

/** The promise as it stands now: one that ran out since the server looked is breached. */
export function promiseNow(ticket: Pick<TicketSummary, "promise" | "due_at">, now: number): PromiseState {
  const running = ticket.promise === "on_time" || ticket.promise === "soon";
  if (running && ticket.due_at && Date.parse(ticket.due_at) < now) return "breached";
  return ticket.promise;
}

export function promiseLabel(ticket: Pick<TicketSummary, "promise" | "due_at" | "clocks">, now: number, locale: Locale): string {
  const state = promiseNow(ticket, now);
  if (state === "met") return t("promise.met");
  if (state === null) return ticket.clocks.some((clock) => clock.state === "paused") ? t("promise.paused") : t("promise.none");
  if (!ticket.due_at) return t("promise.none");
  return leftLabel(ticket.due_at, now, locale);
}

/** The exact time behind the label, for the tooltip; nothing where no clock runs. */
export function promiseTitle(ticket: Pick<TicketSummary, "due_at">, locale: Locale): string | undefined {
  return ticket.due_at ? `${t("clock.due")} ${absoluteTime(ticket.due_at, locale)}` : undefined;
}

export function leftLabel(dueAt: string, now: number, locale: Locale): string {
  const minutes = (Date.parse(dueAt) - now) / MINUTE;
  if (minutes > FAR_MINUTES) return t("promise.by", { time: dueTime(dueAt, locale, new Date(now)) });
  const time = duration(Math.max(1, Math.abs(minutes)), locale);
  return minutes < 0 ? t("promise.over", { time }) : t("promise.left", { time });
}

/** A span of working time. In hours, because a working day is not 24 of them: "40 h", "1 h 30 min". */
export function workingTime(minutes: number, locale: Locale): string {
  if (minutes < 60) return duration(minutes, locale);
  const hours = locale === "zh" ? `${Math.floor(minutes / 60)} 小时` : `${Math.floor(minutes / 60)} h`;
  return minutes % 60 ? `${hours} ${duration(minutes % 60, locale)}` : hours;
}

/** Share of a clock's span that is used up, 0 to 1; a span without length is used up. */
export function used(clock: Clock, openedAt: string, now: number): number {
  const start = Date.parse(clock.started_at ?? openedAt);
  const end = Date.parse(clock.due_at);
  const at = clock.met_at ? Date.parse(clock.met_at) : now;
  if (end <= start) return 1;
  return Math.min(1, Math.max(0, (at - start) / (end - start)));
}

/** Whether a running clock has come into its warning time. */
export function isSoon(clock: Clock, openedAt: string, now: number): boolean {
  return clock.warn_at ? now >= Date.parse(clock.warn_at) : used(clock, openedAt, now) > SOON_FROM;
}

export function clockState(clock: Clock, now: number): "running" | "paused" | "met" | "late" | "breached" {
  if (clock.met_at) return Date.parse(clock.met_at) > Date.parse(clock.due_at) ? "late" : "met";
  if (clock.state === "running" && Date.parse(clock.due_at) < now) return "breached";
  return clock.state;
}
