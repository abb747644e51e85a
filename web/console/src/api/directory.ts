import type { List, Overview, Queue, Text2 } from "@jieda/api-client";
import { call } from "./client";

type Name = string | Text2;
export type Company = {
  slug: string;
  name: Name;
  tier: string | null;
  attributes?: { country?: string | null; products?: string[] };
  people?: number;
  account_manager: { id: number; name: string; email: string } | null;
};
export type Contact = {
  id: number | string;
  name: string;
  email: string | null;
  company: { slug: string; name: Name } | null;
  title?: string | null;
  locale?: string;
  tier?: string | null;
};
export type Presence = "online" | "away" | "offline";
export type Agent = {
  id: number | string;
  name: string;
  email: string;
  role: string;
  team: string | null;
  languages?: string[];
  skills?: string[];
  capacity?: number;
  load?: number;
  presence?: string;
};
export type SlaPolicy = {
  slug: string;
  name: Name;
  tier: string | null;
  priority: string | null;
  kind: string | null;
  calendar: string;
  first_response_minutes: number | null;
  resolution_minutes: number | null;
};
export type Team = { slug: string; name: Name };

const items = async <T>(path: string): Promise<T[]> => (await call<List<T>>(path)).items;

export const directoryApi = {
  companies: () => items<Company>("/companies"),
  people: () => call<List<Contact>>("/people", { query: { limit: 500 } }).then((found) => found.items),
  agents: () => items<Agent>("/agents"),
  queues: () => items<Queue>("/queues"),
  teams: () => items<Team>("/teams"),
  policies: () => items<SlaPolicy>("/sla-policies"),
  overview: () => call<Overview>("/reports/overview"),
  setPresence: (presence: Presence) => call("/agents/me", { method: "PATCH", body: { presence } }),
};
