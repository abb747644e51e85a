import { useEffect, useRef } from "preact/hooks";
import { trapTab } from "../focus";
import type { Handoff } from "../hooks";
import { useRoom } from "../room";
import { followViewport } from "../viewport";
import { MessageBox } from "./MessageBox";
import { PanelHeader } from "./PanelHeader";
import { TurnLog } from "./TurnLog";

type Props = { title: string; questions: string[]; handoff: Handoff; onClose: () => void };

export function ChatPanel({ title, questions, handoff, onClose }: Props) {
  const { client, view, t } = useRoom();
  const panel = useRef<HTMLElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    // On a phone the keyboard would jump up and hide the greeting; there the reader taps first.
    if (!matchMedia("(pointer: coarse)").matches) area.current?.focus();
    return panel.current ? followViewport(panel.current) : undefined;
  }, []);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      onClose();
    } else if (event.key === "Tab" && panel.current) trapTab(panel.current, event);
  };
  const say = (text: string) => {
    client.say(text);
    area.current?.focus();
  };
  return (
    <section ref={panel} class="w-panel" role="dialog" aria-modal="true" aria-label={title} data-testid="widget-panel" onKeyDown={onKeyDown}>
      <PanelHeader title={title} handoff={handoff} onClose={onClose} />
      {view.link === "offline" && (
        <p class="w-strip" role="status" data-testid="widget-offline">
          {t("offline")}
        </p>
      )}
      {handoff.failed && (
        <p class="w-strip w-strip--error" role="alert">
          {t("handoff_failed")}
        </p>
      )}
      <TurnLog questions={questions} handoff={handoff} onSay={say} />
      <MessageBox area={area} onSay={say} />
    </section>
  );
}
