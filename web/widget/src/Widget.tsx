import { useEffect, useRef, useState } from "preact/hooks";
import { ChatPanel } from "./components/ChatPanel";
import { LaunchButton } from "./components/LaunchButton";
import { useConversation, useHandoff, useQuestions } from "./hooks";
import { RoomProvider } from "./room";
import type { Settings } from "./settings";

export function Widget({ settings, origin }: { settings: Settings; origin: string }) {
  const room = useConversation(settings, origin);
  const handoff = useHandoff(room);
  const [open, setOpen] = useState(false);
  const questions = useQuestions(room, settings.product, open);
  const launcher = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (open && document.visibilityState === "visible") room.client.markRead();
  });
  const close = () => {
    setOpen(false);
    launcher.current?.focus();
  };
  return (
    <RoomProvider value={room}>
      <div class={`w w--${settings.position} ${open ? "w--open" : ""}`} lang={room.tag}>
        {open && <ChatPanel title={settings.title || room.t("title")} questions={questions} handoff={handoff} onClose={close} />}
        <LaunchButton button={launcher} open={open} onToggle={() => (open ? close() : setOpen(true))} />
      </div>
    </RoomProvider>
  );
}
