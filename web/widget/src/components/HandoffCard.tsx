import { Icon } from "../Icon";
import { useRoom, type Room } from "../room";
import type { Conversation } from "@jieda/api-client";
import { absoluteTime, dueTime, duration } from "@jieda/ui/core";
import { headset } from "@jieda/ui/icons";

type Ticket = NonNullable<Conversation["ticket"]>;

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
      {ticket && waiting && <OfficeHours ticket={ticket} room={room} />}
      {waiting && <p class="w-card__hint">{t("handoff_nothing_to_repeat")}</p>}
    </div>
  );
}

/** When the desk opens next, if it is closed now; that it keeps hours at all, where the wait is long. */
function OfficeHours({ ticket, room }: { ticket: Ticket; room: Room }) {
  const opens = ticket.next_working_at;
  if (!opens && !isLong(ticket)) return null;
  return <p class="w-card__hint">{opens ? room.t("handoff_opens", { time: dueTime(opens, room.locale) }) : room.t("handoff_office_hours")}</p>;
}

function waitOf(ticket: Ticket, { locale, t }: Room): string {
  const { expected_wait_minutes: minutes, first_response_due_at: due } = ticket;
  if (due) return Date.parse(due) > Date.now() ? t("handoff_by", { time: dueTime(due, locale) }) : t("handoff_wait_unknown");
  return minutes ? t("handoff_wait", { time: duration(roundUp(minutes), locale) }) : t("handoff_wait_unknown");
}

function isLong({ first_response_due_at: due }: Ticket): boolean {
  return due !== null && Date.parse(due) - Date.now() > LONG_WAIT_MS;
}

/** A promise is rounded up, so that it can be kept. */
function roundUp(minutes: number): number {
  return minutes <= 90 ? Math.max(5, Math.ceil(minutes / 5) * 5) : Math.ceil(minutes / 60) * 60;
}
