import type { List, Text2 } from "@jieda/api-client";
import { call, part } from "./client";

export type Tree = { all?: Tree[]; any?: Tree[]; not?: Tree; field?: string; op?: string; value?: unknown };
export type Trigger = { on: string } & Record<string, unknown>;
export type Action = { do: string } & Record<string, unknown>;
export type RuleSpec = {
  name: Text2;
  description: Text2;
  trigger: Trigger;
  conditions: Tree;
  actions: Action[];
  limit_per_day: number;
};
export type Rule = RuleSpec & {
  id: number;
  position: number;
  is_enabled: boolean;
  version: number;
  made_at: string;
  made_by: string | null;
  counts: { looked: number; acted: number; failed: number; held_back: number; last_at: string | null };
};
export type Choice = { value: string | number; words: Text2 };
export type FieldInfo = { name: string; kind: string; words: Text2; choices: string | null; only: string[] };
export type Catalogue = {
  fields: FieldInfo[];
  own_fields: { prefix: string; words: Text2 }[];
  operators: Record<string, Text2>;
  operators_by_kind: Record<string, string[]>;
  triggers: { on: string; words: Text2; has_ticket: boolean; options: Record<string, unknown> }[];
  actions: { do: string; words: Text2; needs_ticket: boolean }[];
  placeholders: string[];
  choices: Record<string, Choice[]>;
};
export type DryRun = {
  days: number;
  looked: number;
  matched: number;
  held_back: number;
  actions: number;
  is_capped: boolean;
  examples: { at: string; subject: string; ticket_id: number | null; title: string }[];
};
export type RuleRun = {
  id: number;
  version: number;
  subject: string;
  ticket_id: number | null;
  at: string;
  outcome: string;
  unmet: string | null;
  actions: { do: string; ok: boolean; detail?: string; error?: string }[];
  error: string | null;
};

const at = (id: number) => `/rules/${part(id)}`;

export const rulesApi = {
  rules: () => call<List<Rule>>("/rules").then((found) => found.items),
  rule: (id: number) => call<Rule>(at(id)),
  catalogue: () => call<Catalogue>("/rules/catalogue"),
  add: (spec: RuleSpec) => call<Rule>("/rules", { method: "POST", body: spec }),
  edit: (id: number, spec: RuleSpec, version: number) => call<Rule>(at(id), { method: "PUT", body: { ...spec, version } }),
  turn: (id: number, on: boolean) => call<Rule>(at(id), { method: "PATCH", body: { is_enabled: on } }),
  remove: (id: number) => call(at(id), { method: "DELETE" }),
  order: (ids: number[]) => call<List<Rule>>("/rules/order", { method: "POST", body: { ids } }).then((found) => found.items),
  dryRun: (rule: RuleSpec, days: number) => call<DryRun>("/rules/dry-run", { method: "POST", body: { rule, days } }),
  runs: (id: number) => call<List<RuleRun>>(`${at(id)}/runs`, { query: { limit: 50 } }).then((found) => found.items),
};
