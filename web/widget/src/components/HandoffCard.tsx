import { Icon } from "../Icon";
import { useRoom, type Room } from "../room";
import type { Conversation } from "@jieda/api-client";
import { absoluteTime, dueTime, duration } from "@jieda/ui/core";
import { headset } from "@jieda/ui/icons";

/** From here on a wait is no longer a matter of the next minutes, and office hours are worth a word. */
const LONG_WAIT_MS = 3 * 3_600_000;

/** Says that a person will take over, under which number, and until when; later, that they are here. */
export function HandoffCard({ text }: { text: string }) {
  const room = useRoom();
  const { view, t } = room;
  const ticket = view.head?.ticket;
  const waiting = view.head?.state === "waiting";
  return (
    <div class="w-card" data-testid="widget-handoff-card" data-role="system">
      <p class="w-card__title">
        <span class="w-card__icon">
          <Icon of={headset} />
        </span>
        {ticket ? t(waiting ? "handoff_done" : "handoff_joined") : text}
      </p>
      {ticket && (
        <p class="w-card__facts">
          <span data-testid="widget-ticket-number">{t("handoff_ticket", { number: ticket.number })}</span>
          {waiting && (
            <strong data-testid="widget-wait" title={absoluteTime(ticket.first_response_due_at ?? "", room.locale)}>
              {waitOf(ticket, room)}
            </strong>
          )}
        </p>
      )}
      {ticket && waiting && (ticket.next_working_at || isLong(ticket)) && (
        <p class="w-card__hint">{ticket.next_working_at ? t("handoff_opens", { time: dueTime(ticket.next_working_at, room.locale) }) : t("handoff_office_hours")}</p>
      )}
      {waiting && <p class="w-card__hint">{t("handoff_nothing_to_repeat")}</p>}
    </div>
  );
}

function waitOf(ticket: NonNullable<Conversation["ticket"]>, { locale, t }: Room): string {
  const { expected_wait_minutes: minutes, first_response_due_at: due } = ticket;
  if (due) return Date.parse(due) > Date.now() ? t("handoff_by", { time: dueTime(due, locale) }) : t("handoff_wait_unknown");
  return minutes ? t("handoff_wait", { time: duration(roundUp(minutes), locale) }) : t("handoff_wait_unknown");
}

function isLong({ first_response_due_at: due }: NonNullable<Conversation["ticket"]>): boolean {
  return due !== null && Date.parse(due) - Date.now() > LONG_WAIT_MS;
}

/** A promise is rounded up, so that it can be kept. */
function roundUp(minutes: number): number {
  return minutes <= 90 ? Math.max(5, Math.ceil(minutes / 5) * 5) : Math.ceil(minutes / 60) * 60;
}
