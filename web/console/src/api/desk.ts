import type { Citation, Draft, Form, List, Priority, Queue, Ticket, TicketSummary } from "@jieda/api-client";
import { call, part } from "./client";

type Id = string | number;
export type TicketQuery = {
  queue?: string;
  states?: readonly string[];
  assignee?: string;
  requester?: Id;
  q?: string;
  limit?: number;
  offset?: number;
};
export type TicketChange = { state?: string; priority?: Priority; queue?: string; version: number };
export type Reply = { text: string; visibility: "public" | "internal"; client_id: string; citations: Citation[]; then?: string };

/** Everything the desk asks of the server; an object, so that tests put their own in its place. */
export const deskApi = {
  tickets: ({ states = [], ...query }: TicketQuery, signal?: AbortSignal) => {
    const order = states.includes("solved") ? "updated" : "promise";
    const single = Object.entries({ ...query, order }).filter(([, value]) => value !== undefined);
    // A state may be asked for several times, which a plain record cannot say.
    const pairs = [...single.map(([key, value]) => [key, String(value)]), ...states.map((state) => ["state", state])];
    return call<List<TicketSummary>>(`/tickets?${new URLSearchParams(pairs)}`, { signal });
  },
  ticket: (id: Id) => call<Ticket>(`/tickets/${part(id)}`),
  markRead: (id: Id) => call(`/tickets/${part(id)}/read`, { method: "POST" }),
  queues: async () => (await call<List<Queue>>("/queues")).items,
  claim: (id: Id, version: number) => call<Ticket>(`/tickets/${part(id)}/claim`, { method: "POST", body: { version } }),
  assign: (id: Id, agentId: Id | null, version: number) =>
    call<Ticket>(`/tickets/${part(id)}/assign`, { method: "POST", body: { agent_id: agentId, version } }),
  change: (id: Id, change: TicketChange) => call<Ticket>(`/tickets/${part(id)}`, { method: "PATCH", body: change }),
  resolve: (id: Id, version: number) => call<Ticket>(`/tickets/${part(id)}/resolve`, { method: "POST", body: { version } }),
  giveBack: (id: Id, version: number) => call<Ticket>(`/tickets/${part(id)}/give-back`, { method: "POST", body: { version } }),
  reply: (id: Id, reply: Reply) => call<Ticket>(`/tickets/${part(id)}/replies`, { method: "POST", body: reply }),
  draft: (id: Id) => call<Draft>(`/tickets/${part(id)}/draft`, { method: "POST", body: {} }),
  forms: async () => (await call<List<Form>>("/forms")).items,
  form: (slug: string, version: number | null = null) => call<Form>(`/forms/${part(slug)}${version ? `?version=${version}` : ""}`),
};

export type DeskApi = typeof deskApi;
