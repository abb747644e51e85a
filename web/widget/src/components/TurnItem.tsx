import type { Turn } from "@jieda/api-client";
import { clockTime } from "@jieda/ui/core";
import { headset } from "@jieda/ui/icons";
import { citationLinks } from "../citations";
import type { Handoff } from "../hooks";
import { Icon } from "../Icon";
import { RichText } from "../RichText";
import { useRoom } from "../room";
import { AnswerFeedback } from "./AnswerFeedback";
import { SourceList } from "./SourceList";

type Props = { turn: Turn; last: boolean; handoff: Handoff; onSay: (text: string) => void };

export function TurnItem(props: Props) {
  const { t } = useRoom();
  const { turn } = props;
  if (turn.role === "system") {
    return (
      <p class="w-note" data-testid="widget-turn" data-role="system">
        {turn.text}
      </p>
    );
  }
  if (turn.role === "user") {
    return (
      <div class="w-turn w-turn--user" data-testid="widget-turn" data-role="user">
        <p class="w-bubble">
          <span class="jd-visually-hidden">{t("you")}: </span>
          {turn.text}
        </p>
      </div>
    );
  }
  return <Reply {...props} />;
}

/** What the assistant or an agent said. */
function Reply({ turn, last, handoff, onSay }: Props) {
  const { origin, t } = useRoom();
  const choices = last ? turn.actions.filter((action) => action.type === "choice") : [];
  return (
    <div class={`w-turn w-turn--${turn.role}`} data-testid="widget-turn" data-role={turn.role} data-kind={turn.kind}>
      <Author turn={turn} />
      <RichText class="w-turn__text" text={turn.text} citations={citationLinks(turn.citations, origin)} />
      {turn.citations.length > 0 && <SourceList citations={turn.citations} />}
      {choices.length > 0 && (
        <div class="w-choices">
          {choices.map((choice) => (
            <button key={choice.value} type="button" class="jd-btn jd-btn--secondary jd-btn--small" data-testid="widget-choice" onClick={() => onSay(choice.value || choice.label)}>
              {choice.label}
            </button>
          ))}
        </div>
      )}
      {offersPerson(turn) && handoff.offered && (
        <button type="button" class="jd-btn jd-btn--primary jd-btn--small" disabled={handoff.busy} data-testid="widget-abstain-handoff" onClick={handoff.start}>
          <Icon of={headset} size={17} />
          {t("handoff")}
        </button>
      )}
      {turn.role === "assistant" && turn.kind === "answer" && <AnswerFeedback turn={turn} />}
    </div>
  );
}

function Author({ turn }: { turn: Turn }) {
  const { locale, t } = useRoom();
  const name = turn.author?.name || (turn.role === "agent" ? t("agent") : t("bot"));
  if (turn.role !== "agent") return <span class="jd-visually-hidden">{name}: </span>;
  return (
    <p class="w-turn__who">
      <span class="w-avatar" aria-hidden="true">
        {[...name][0]}
      </span>
      {name}
      <time dateTime={turn.created_at}>{clockTime(turn.created_at, locale)}</time>
    </p>
  );
}

function offersPerson(turn: Turn): boolean {
  if (turn.role !== "assistant") return false;
  return turn.kind === "abstain" || turn.kind === "handoff" || turn.actions.some((action) => action.type === "handoff");
}
