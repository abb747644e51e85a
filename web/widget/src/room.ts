import { ApiClient, ConversationClient, Memory, type Conversation, type Link, type PageContext, type Pending, type Turn } from "@jieda/api-client";
import { fill, languageTag, type Locale, type Values } from "@jieda/ui/core";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { messages, type MessageKey } from "./locales/messages";
import type { Settings } from "./settings";

/** One picture of the conversation for the components; replaced on every change. */
export type View = {
  head: Conversation | null;
  turns: Turn[];
  pending: Pending[];
  draft: string | null;
  link: Link;
  agentTyping: boolean;
  unread: number;
};

/** What every component of the widget can reach. */
export type Room = {
  api: ApiClient;
  client: ConversationClient;
  origin: string;
  view: View;
  locale: Locale;
  tag: string;
  t: (key: MessageKey, values?: Values) => string;
};

const Context = createContext<Room | null>(null);
export const RoomProvider = Context.Provider;

export function useRoom(): Room {
  const room = useContext(Context);
  if (!room) throw new Error("used outside the widget");
  return room;
}

export function wordsFor(locale: Locale): Pick<Room, "locale" | "tag" | "t"> {
  return { locale, tag: languageTag(locale), t: (key, values) => fill(messages[key][locale], values) };
}

/** The conversation behind one widget; `settings` is read anew each time, so that attributes may change. */
export function openClient(origin: string, settings: () => Settings, onChange: () => void): ConversationClient {
  return new ConversationClient({
    api: new ApiClient(origin),
    memory: new Memory(`jieda:conversation:${origin || location.origin}`),
    locale: () => settings().locale,
    place: () => ({ page: location.origin + location.pathname, context: contextOf(settings()) }),
    onChange,
  });
}

function contextOf(settings: Settings): PageContext {
  return { ...(settings.product ? { product: settings.product } : {}), ...settings.context };
}

export function picture(client: ConversationClient): View {
  const { head, turns, pending, draft } = client.log;
  const { link, agentTyping, unread } = client;
  return { head, turns, pending, draft: draft?.text ?? null, link, agentTyping, unread };
}
