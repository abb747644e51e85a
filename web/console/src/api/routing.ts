import type { List, Text2 } from "@jieda/api-client";
import { call, part } from "./client";

export type HandingOut = {
  is_automatic: boolean;
  skills: string[];
  relax_after_minutes: number | null;
  fallback_team: string | null;
  fallback_after_minutes: number | null;
  ack_minutes: number | null;
};
/** What a queue says; the queue's slug stands in its address. */
export type QueueSpec = {
  name: Text2;
  position: number;
  team: string | null;
  tiers: string[];
  languages: string[];
  kinds: string[];
  routing: HandingOut;
};
export type AgentSpec = { team: string | null; languages: string[]; skills: string[]; capacity: number };
export type TierCare = { bot_bypass: boolean; notifies_manager: boolean; silent_days: number | null };
export type Tier = TierCare & { slug: string; name: Text2; gaps: string[] };
export type DeskRouting = {
  weights: Record<string, number>;
  fair_share: number | null;
  fair_window_minutes: number;
  absent_after_s: number;
};

const put = (path: string, body: object) => call(path, { method: "PUT", body });

export const routingApi = {
  saveQueue: (slug: string, spec: QueueSpec) => put(`/queues/${part(slug)}`, spec),
  saveAgent: (id: string | number, spec: AgentSpec) => put(`/agents/${part(id)}`, spec),
  tiers: () => call<List<Tier>>("/tiers").then((found) => found.items),
  saveTier: (slug: string, care: TierCare) => put(`/tiers/${part(slug)}`, care),
  desk: () => call<DeskRouting>("/routing"),
  saveDesk: (desk: DeskRouting) => put("/routing", desk),
};
