import type { Turn } from "@jieda/api-client";
import { chevronRight } from "@jieda/ui/icons";
import { Icon } from "../Icon";
import { useRoom } from "../room";

type Props = { turn: Turn | undefined; questions: string[]; fresh: boolean; onSay: (text: string) => void };

export function GreetingCard({ turn, questions, fresh, onSay }: Props) {
  const { t } = useRoom();
  const offered = (turn?.actions ?? []).filter((action) => action.type === "choice").map((action) => action.value || action.label);
  const choices = offered.length ? offered.slice(0, 4) : questions;
  return (
    <div class={`w-greet ${fresh ? "" : "w-greet--past"}`}>
      <p class="w-greet__title" data-testid="widget-greeting">
        {t("greeting")}
      </p>
      {fresh && <p class="w-greet__hint">{t("greeting_hint")}</p>}
      {fresh && choices.length > 0 && (
        <div class="w-greet__list">
          <p class="w-greet__label">{t("suggested")}</p>
          {choices.map((question) => (
            <button key={question} type="button" class="w-ask" data-testid="widget-question" onClick={() => onSay(question)}>
              <span>{question}</span>
              <Icon of={chevronRight} size={16} />
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
