import { send } from "@jieda/ui/icons";
import type { RefObject } from "preact";
import { useState } from "preact/hooks";
import { Icon } from "../Icon";
import { sendsOnEnter } from "../keys";
import { useRoom, type Room } from "../room";

const LONGEST = 4000;
const TALLEST_PX = 140;

type Props = { area: RefObject<HTMLTextAreaElement | null>; onSay: (text: string) => void };

/** Where the customer writes. The field keeps its own text: rewriting it from state would break input methods. */
export function MessageBox({ area, onSay }: Props) {
  const room = useRoom();
  const { client, t } = room;
  const [length, setLength] = useState(0);
  const over = length - LONGEST;
  const ready = length > 0 && over <= 0;

  const onInput = () => {
    const field = area.current;
    if (!field) return;
    setLength([...field.value.trim()].length);
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, TALLEST_PX)}px`;
    if (field.value.trim()) client.typing();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const text = area.current?.value.trim();
    if (!area.current || !text || !ready) return;
    area.current.value = "";
    onInput();
    onSay(text);
  };
  const placeholder = hint(room);
  return (
    <form class="w-box" onSubmit={submit}>
      <div class="w-box__row">
        <textarea
          ref={area}
          class="w-box__area"
          rows={1}
          placeholder={placeholder}
          aria-label={placeholder}
          enterkeyhint="send"
          data-testid="widget-input"
          onInput={onInput}
          onKeyDown={(event) => sendsOnEnter(event) && submit(event)}
        />
        <button type="submit" class="w-box__send" disabled={!ready} aria-label={t("send")} title={t("keys")} data-testid="widget-send">
          <Icon of={send} size={19} />
        </button>
      </div>
      {over > 0 ? (
        <p class="w-error" role="alert">
          {t("too_long", { n: over })}
        </p>
      ) : (
        <p class="w-box__hint">{t(withPerson(room) ? "keys" : "honest")}</p>
      )}
    </form>
  );
}

function hint(room: Room): string {
  if (room.view.head?.state === "resolved") return room.t("placeholder_resolved");
  return room.t(withPerson(room) ? "placeholder_agent" : "placeholder");
}

function withPerson({ view }: Room): boolean {
  return view.head?.state === "waiting" || view.head?.state === "agent";
}
