import type { Queue, Ticket, TicketSummary } from "@jieda/api-client";
import { computed, shallowRef } from "vue";
import { deskApi } from "../api/desk";
import { directoryApi, type Agent, type Presence } from "../api/directory";
import { person } from "../app/session";
import { createCase } from "./case";
import { createList } from "./list";
import { goLive, goSilent, lineState } from "./live";

const SETTLE_MS = 1_500;

export const queues = shallowRef<Queue[]>([]);
export const queuesFailed = shallowRef(false);
export const agents = shallowRef<Agent[]>([]);
/** Our own row among the agents: tickets name agents, not people. */
export const myAgentId = computed(() => {
  const own = person.value?.agent_id ?? agents.value.find((agent) => agent.email === person.value?.email)?.id;
  return own === undefined || own === null ? null : String(own);
});

export const list = createList(deskApi, () => myAgentId.value);
export const openCase = createCase(deskApi, (ticket: Ticket) => {
  list.merge(ticket);
  list.markRead(ticket);
  if (lineState.value !== "open") settle(); // with a live line the frame about this change settles it
});

/** Says what a screen reader should hear when a ticket arrives. */
export const announcement = shallowRef<TicketSummary | null>(null);

let timer: ReturnType<typeof setTimeout> | undefined;

/** Reads the truth again shortly after news; many frames in a row cost one reading. */
function settle(): void {
  if (timer !== undefined) return;
  timer = setTimeout(() => {
    timer = undefined;
    void readQueues();
    if (list.state.loaded && !list.state.more) void list.load();
  }, SETTLE_MS);
}

export async function readQueues(): Promise<void> {
  try {
    queues.value = await deskApi.queues();
    queuesFailed.value = false;
  } catch {
    queuesFailed.value = queues.value.length === 0;
  }
}

async function readAgents(): Promise<void> {
  try {
    agents.value = await directoryApi.agents();
  } catch {
    agents.value = []; // the case still works; only handing it to someone else does not
  }
}

export const mine = computed(() => agents.value.find((agent) => String(agent.id) === myAgentId.value));

export async function setPresence(presence: Presence): Promise<void> {
  const own = mine.value;
  await directoryApi.setPresence(presence);
  agents.value = agents.value.map((agent) => (agent.id === own?.id ? { ...agent, presence } : agent));
}

/** Who opens the console is there. Someone who said they are away stays so until they say otherwise. */
async function comeIn(): Promise<void> {
  await readAgents();
  if (mine.value?.presence === "offline") await setPresence("online").catch(() => undefined);
}

/** Said on signing out, while the session still allows it; not reaching the server must keep nobody here. */
export async function goHome(): Promise<void> {
  if (mine.value) await setPresence("offline").catch(() => undefined);
}

export function startDesk(): void {
  void readQueues();
  void comeIn();
  goLive({
    news: (id) => {
      if (id === openCase.state.id) void openCase.refresh();
      settle();
    },
    ticket: (event, ticket) => {
      const added = list.merge(ticket);
      if (added && event === "created") announcement.value = ticket;
      openCase.heard(ticket);
      settle();
    },
    typing: (id) => openCase.typing(id, Date.now()),
    presence: () => void readAgents(),
    gap: () => {
      void readQueues();
      void list.load();
      void openCase.refresh();
    },
  });
}

export function stopDesk(): void {
  clearTimeout(timer);
  timer = undefined;
  goSilent();
  list.reset(); // the next person to sign in here must not glimpse our tickets
  void openCase.open(null);
  queues.value = [];
  agents.value = [];
}
