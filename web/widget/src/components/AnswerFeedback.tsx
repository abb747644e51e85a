import type { Turn } from "@jieda/api-client";
import { thumbDown, thumbUp } from "@jieda/ui/icons";
import { Icon } from "../Icon";
import { useRoom } from "../room";

const SAID = { up: "helpful_thanks", down: "helpful_sorry" } as const;

export function AnswerFeedback({ turn }: { turn: Turn }) {
  const { client, t } = useRoom();
  const thumb = (value: "up" | "down") => {
    const label = t(value === "up" ? "helpful_up" : "helpful_down");
    const tell = () => {
      if (turn.feedback !== value) client.feedback(turn, value).catch(() => undefined); // refused: the thumb springs back
    };
    return (
      <button type="button" class="w-thumb" aria-pressed={turn.feedback === value} aria-label={label} title={label} data-testid={`widget-feedback-${value}`} onClick={tell}>
        <Icon of={value === "up" ? thumbUp : thumbDown} size={16} />
      </button>
    );
  };
  return (
    <div class="w-feedback" role="group" aria-label={t("helpful")}>
      <span class="w-feedback__text">{t(turn.feedback ? SAID[turn.feedback] : "helpful")}</span>
      {thumb("up")}
      {thumb("down")}
    </div>
  );
}
