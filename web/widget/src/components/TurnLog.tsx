import { arrowDown, plus } from "@jieda/ui/icons";
import { Icon } from "../Icon";
import type { Handoff } from "../hooks";
import { RichText } from "../RichText";
import { useRoom, type View } from "../room";
import { useStickToEnd } from "../scroll";
import { GreetingCard } from "./GreetingCard";
import { HandoffCard } from "./HandoffCard";
import { RatingCard } from "./RatingCard";
import { Typing } from "./Typing";
import { TurnItem } from "./TurnItem";
import { WaitingTurn } from "./WaitingTurn";

type Props = { questions: string[]; handoff: Handoff; onSay: (text: string) => void };

export function TurnLog({ questions, handoff, onSay }: Props) {
  const { view, t } = useRoom();
  const { box, atEnd, onScroll, toEnd } = useStickToEnd(view.pending.length);
  const greeting = view.turns.find((turn) => turn.kind === "greeting");
  const turns = view.turns.filter((turn) => turn.kind !== "greeting" && turn.kind !== "survey");
  const last = turns[turns.length - 1];
  const fresh = !turns.length && !view.pending.length;
  // A ticket whose handoff turn we have not (yet) got still deserves its confirmation.
  const untold = view.head?.state === "waiting" && !turns.some((turn) => turn.kind === "handoff");
  return (
    <div class="w-log__wrap">
      <div ref={box} class="w-log" role="log" aria-live="polite" aria-label={t("log")} tabIndex={0} data-testid="widget-log" onScroll={onScroll}>
        <GreetingCard turn={greeting} questions={questions} fresh={fresh} onSay={onSay} />
        {turns.map((turn) =>
          turn.kind === "handoff" && view.head?.ticket ? (
            <HandoffCard key={turn.id} text={turn.text} />
          ) : (
            <TurnItem key={turn.id} turn={turn} last={turn === last} handoff={handoff} onSay={onSay} />
          ),
        )}
        {untold && <HandoffCard text="" />}
        {view.pending.map((entry) => (
          <WaitingTurn key={entry.client_id} entry={entry} />
        ))}
        {view.draft !== null && (
          <div class="w-turn w-turn--assistant" aria-hidden="true" data-testid="widget-draft">
            <RichText class="w-turn__text w-turn__text--draft" text={view.draft} />
          </div>
        )}
        {isThinking(view) && <Typing text={t("thinking")} testid="widget-thinking" />}
        {view.agentTyping && <Typing text={t("agent_typing")} testid="widget-agent-typing" />}
        <Ending />
      </div>
      {!atEnd && (
        <button type="button" class="w-log__down" aria-label={t("newest")} title={t("newest")} onClick={() => toEnd(true)}>
          <Icon of={arrowDown} />
        </button>
      )}
    </div>
  );
}

/** What follows the last turn of a resolved conversation: the rating and the way to a new one. */
function Ending() {
  const { client, view, t } = useRoom();
  const survey = view.head?.survey;
  return (
    <>
      {survey && <RatingCard key={survey.id} survey={survey} />}
      {view.head?.state === "resolved" && (
        <button type="button" class="jd-btn jd-btn--secondary jd-btn--small w-log__new" data-testid="widget-new" onClick={() => client.reset()}>
          <Icon of={plus} size={16} />
          {t("start_new")}
        </button>
      )}
    </>
  );
}

/** The bot owes an answer: it has the conversation and the last word is the customer's. */
function isThinking({ draft, head, link, pending, turns }: View): boolean {
  if (draft !== null || link === "offline" || (head && head.state !== "bot")) return false;
  return pending.some((entry) => entry.state === "sending") || turns[turns.length - 1]?.role === "user";
}
