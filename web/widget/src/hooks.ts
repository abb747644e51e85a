import type { ConversationClient } from "@jieda/api-client";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { findQuestions } from "./questions";
import { openClient, picture, wordsFor, type Room } from "./room";
import type { Settings } from "./settings";

/** Pages that log people in or out say so with this event; the widget then checks whose conversation it shows. */
const VIEWER_EVENT = "jieda:viewer";

export function useConversation(settings: Settings, origin: string): Room {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const current = useRef(settings);
  current.current = settings;
  const client = useMemo(() => openClient(origin, () => current.current, () => redraw(0)), [origin]);
  useEffect(() => attend(client), [client]);
  return { client, origin, api: client.api, view: picture(client), ...wordsFor(settings.locale) };
}

/** Keeps the conversation in step with who is here and with other tabs; returns how to stop. */
function attend(client: ConversationClient): () => void {
  const identify = () => {
    // Offline at load is no reason to hide a known conversation: the line keeps trying, and the server checks again.
    void client.identify().catch(() => undefined).then(() => client.resume());
  };
  const adopt = () => {
    if (!client.log.head) client.resume(); // begun in another tab
  };
  identify();
  window.addEventListener(VIEWER_EVENT, identify);
  window.addEventListener("storage", adopt);
  return () => {
    window.removeEventListener(VIEWER_EVENT, identify);
    window.removeEventListener("storage", adopt);
    client.stop();
  };
}

/** Three or four questions to start with; looked up when first wanted and again when page or language change. */
export function useQuestions(room: Room, product: string | null, wanted: boolean): string[] {
  const [questions, setQuestions] = useState<string[]>([]);
  useEffect(() => {
    if (!wanted) return;
    let current = true;
    findQuestions(room.api, room.locale, product)
      .catch(() => [])
      .then((found) => current && setQuestions(found));
    return () => void (current = false);
  }, [wanted, room.locale, product]);
  return questions;
}

export type Handoff = {
  /** False once a person has the conversation: then there is nothing left to ask for. */
  offered: boolean;
  busy: boolean;
  failed: boolean;
  start: () => void;
};

export function useHandoff({ client, view }: Room): Handoff {
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const start = useCallback(() => {
    setState("busy");
    client.handOff().then(
      () => setState("idle"),
      () => setState("failed"),
    );
  }, [client]);
  const offered = !["waiting", "agent"].includes(view.head?.state ?? "bot");
  return { offered, busy: state === "busy", failed: state === "failed", start };
}
