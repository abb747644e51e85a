import type { List, Text2 } from "@jieda/api-client";
import { call, part } from "./client";

export type CompanyProfile = {
  id: number;
  slug: string;
  name: Text2;
  external_id: string | null;
  tier: string | null;
  tags: string[];
  ticket_scope: string;
  account_manager: { id: number; name: string; email: string | null } | null;
  people: number;
  contract: Record<string, unknown>;
  attributes: { country?: string | null; products?: string[] };
};
export type PersonProfile = {
  id: number;
  name: string;
  email: string | null;
  external_id: string | null;
  locale: string;
  company: { slug: string; name: Text2 } | null;
  tier: string | null;
  department: string | null;
  title: string | null;
  ticket_scope: string | null;
  tags: string[];
  is_active: boolean;
  merged_into: number | null;
};
export type Entry = {
  at: string;
  kind: "ticket" | "rating" | "conversation" | "suggestion" | "article" | "change";
  ref: string;
  title: string;
  person_id: number | null;
  person_name: string | null;
  detail: Record<string, unknown>;
};
export type Health = {
  verdict: "good" | "watch" | "risk";
  reasons: string[];
  last_heard_at: string | null;
  contacts: number;
  contacts_before: number;
  open_tickets: number;
  open_breaches: number;
  satisfaction: { average: number | null; count: number; average_before: number | null; count_before: number; months: (number | null)[]; trend: string };
  contract_days_left: number | null;
};
export type Order = Record<string, unknown> & { lines?: { product?: string; quantity?: number }[] };
export type Orders = { state: "ok" | "unavailable" | "not_set_up"; system: Text2 | null; items: Order[]; total: number };
export type Owned = { id: number; product: string; serial: string | null; batch: string | null; quantity: number; bought_on: string | null; warranty_until: string | null };
export type Department = { slug: string; name: Text2; people: number };
export type Contact = { id: number | null; channel: string; value: string; added_at: string };
export type Merge = {
  id: number;
  kept_id: number;
  kept_name: string;
  merged_id: number;
  merged_name: string;
  merged_email: string | null;
  reason: string;
  merged_at: string;
  merged_by: string | null;
  undone_at: string | null;
  undone_by: string | null;
  moved: Record<string, number>;
};
export type Side = "kept" | "merged";
export type Arrival = { key: string; kind: string; title: string; at: string; probably: Side };

/** Where a profile lives: "/companies/acme" or "/people/7". */
export type Subject = `/companies/${string}` | `/people/${string}`;
export const companyAt = (slug: string): Subject => `/companies/${part(slug)}`;
export const personAt = (id: number | string): Subject => `/people/${part(id)}`;
const items = async <T>(path: string, query = {}): Promise<T[]> => (await call<List<T>>(path, { query })).items;

export const customersApi = {
  company: (slug: string) => call<CompanyProfile>(companyAt(slug)),
  person: (id: number | string) => call<PersonProfile>(personAt(id)),
  departments: (slug: string) => items<Department>(`${companyAt(slug)}/departments`),
  owned: (slug: string) => items<Owned>(`${companyAt(slug)}/products`),
  orders: (slug: string) => call<Orders>(`${companyAt(slug)}/orders`),
  people: (query: { company?: string; q?: string; limit?: number }) => items<PersonProfile>("/people", query),
  health: (subject: Subject) => call<Health>(`${subject}/health`),
  timeline: (subject: Subject, kinds: string[], cursor: string | null) => {
    const wanted = new URLSearchParams([...kinds.map((kind) => ["kind", kind]), ...(cursor ? [["cursor", cursor]] : [])]);
    return call<{ items: Entry[]; next: string | null }>(`${subject}/timeline${wanted.size ? `?${wanted.toString()}` : ""}`);
  },
  contacts: (id: number) => items<Contact>(`${personAt(id)}/contacts`),
  addContact: (id: number, body: { channel: string; value: string }) => call<Contact>(`${personAt(id)}/contacts`, { method: "POST", body }),
  removeContact: (id: number, contact: number) => call(`${personAt(id)}/contacts/${part(contact)}`, { method: "DELETE" }),
  merges: (id: number) => items<Merge>(`${personAt(id)}/merges`),
  merge: (id: number, body: { merged_id: number; reason: string }) => call<Merge>(`${personAt(id)}/merges`, { method: "POST", body }),
  arrivals: (merge: number) => items<Arrival>(`/merges/${part(merge)}/arrivals`),
  undo: (merge: number, decisions: Record<string, Side>) => call<Merge>(`/merges/${part(merge)}/undo`, { method: "POST", body: { decisions } }),
};
