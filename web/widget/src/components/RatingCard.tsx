import type { Conversation } from "@jieda/api-client";
import { check, star } from "@jieda/ui/icons";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../Icon";
import type { MessageKey } from "../locales/messages";
import { useRoom } from "../room";

type Survey = NonNullable<Conversation["survey"]>;

export function RatingCard({ survey }: { survey: Survey }) {
  const { client, t } = useRoom();
  const [stars, setStars] = useState(survey.rating ?? 0);
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const comment = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const done = survey.rating !== null;

  useEffect(() => {
    if (stars > 0 && !done) form.current?.scrollIntoView({ block: "end" }); // the field and the button have just appeared
  }, [stars > 0]);

  const submit = (event: Event) => {
    event.preventDefault();
    setState("busy");
    client.rate(stars, comment.current?.value.trim() ?? "").then(
      () => setState("idle"),
      () => setState("failed"),
    );
  };
  return (
    <form ref={form} class="w-card" data-testid="widget-rating" onSubmit={submit}>
      {done ? <Thanks /> : <p class="w-card__title">{t("rate_title")}</p>}
      <Stars chosen={survey.rating ?? stars} fixed={done} onChoose={setStars} />
      {!done && stars > 0 && (
        <>
          <textarea ref={comment} class="w-field" rows={2} maxLength={1000} placeholder={t("rate_comment")} aria-label={t("rate_comment")} data-testid="widget-rating-comment" />
          {state === "failed" && (
            <p class="w-error" role="alert">
              {t("rate_failed")}
            </p>
          )}
          <button type="submit" class="jd-btn jd-btn--primary jd-btn--small" disabled={state === "busy"} data-testid="widget-rating-submit">
            {t("rate_submit")}
          </button>
        </>
      )}
    </form>
  );
}

function Thanks() {
  const { t } = useRoom();
  return (
    <p class="w-card__title" role="status" data-testid="widget-rating-done">
      <span class="w-card__icon w-card__icon--ok">
        <Icon of={check} />
      </span>
      {t("rate_thanks")}
    </p>
  );
}

type StarsProps = { chosen: number; fixed: boolean; onChoose: (n: number) => void };

/** A radio group, so that arrow keys and screen readers work as they do everywhere. */
function Stars({ chosen, fixed, onChoose }: StarsProps) {
  const { t } = useRoom();
  const [hovered, setHovered] = useState(0);
  const lit = hovered || chosen;
  const word = (n: number) => t(`rate_${n}` as MessageKey);
  return (
    <div class="w-stars" role="radiogroup" aria-label={t("rate_title")} onMouseLeave={() => setHovered(0)}>
      {[1, 2, 3, 4, 5].map((n) => (
        <label key={n} class={`w-star ${n <= lit ? "w-star--lit" : ""}`} data-testid={`widget-rating-${n}`} onMouseEnter={() => !fixed && setHovered(n)}>
          <input type="radio" name="jieda-rating" class="jd-visually-hidden" value={n} checked={n === chosen} disabled={fixed} aria-label={t("rate_star", { n, word: word(n) })} onChange={() => onChoose(n)} />
          <Icon of={star} size={28} />
        </label>
      ))}
      <span class="w-stars__word">{lit ? word(lit) : ""}</span>
    </div>
  );
}
