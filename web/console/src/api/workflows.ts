import type { List, Ticket, Workflow, WorkflowSpec, WorkflowTemplate } from "@jieda/api-client";
import { call, part } from "./client";

export type Way = NonNullable<Ticket["way"]>;
export type OfferedMove = Way["moves"][number];

export const workflowsApi = {
  all: async () => (await call<List<Workflow>>("/workflows")).items,
  templates: async () => (await call<List<WorkflowTemplate>>("/workflows/templates")).items,
  one: (slug: string) => call<Workflow>(`/workflows/${part(slug)}`),
  add: (slug: string, spec: WorkflowSpec) => call<Workflow>("/workflows", { method: "POST", body: { slug, spec } }),
  edit: (slug: string, spec: WorkflowSpec, version: number) => call<Workflow>(`/workflows/${part(slug)}`, { method: "PUT", body: { spec, version } }),
  turn: (slug: string, is_enabled: boolean) => call<Workflow>(`/workflows/${part(slug)}`, { method: "PATCH", body: { is_enabled } }),
  remove: (slug: string) => call(`/workflows/${part(slug)}`, { method: "DELETE" }),
  order: (slugs: string[]) => call(`/workflows/order`, { method: "POST", body: { slugs } }),
};

type Seen = Pick<Ticket, "id" | "version">;

/** What is done with one ticket on its way. */
export const stepsApi = {
  go: ({ id, version }: Seen, to: string, values: Record<string, unknown>) => call<Ticket>(`/tickets/${id}/step`, { method: "POST", body: { to, values, version } }),
  back: ({ id, version }: Seen, reason: string) => call<Ticket>(`/tickets/${id}/step-back`, { method: "POST", body: { reason, version } }),
  cancel: ({ id, version }: Seen, reason: string) => call<Ticket>(`/tickets/${id}/cancel`, { method: "POST", body: { reason, version } }),
  decide: ({ id, version }: Seen, decision: "approved" | "rejected", comment: string) => call<Ticket>(`/tickets/${id}/approval`, { method: "POST", body: { decision, comment, version } }),
};
