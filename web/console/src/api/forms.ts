import type { KeptForm, List, WrittenForm } from "@jieda/api-client";
import { call, part } from "./client";

/** Forms as they are written; `deskApi.forms` has them as customers see them. */
export const formsApi = {
  all: async () => (await call<List<KeptForm>>("/form-specs")).items,
  one: (slug: string) => call<KeptForm>(`/form-specs/${part(slug)}`),
  add: (spec: WrittenForm) => call<KeptForm>("/form-specs", { method: "POST", body: { spec } }),
  edit: (slug: string, spec: WrittenForm, version: number) => call<KeptForm>(`/form-specs/${part(slug)}`, { method: "PUT", body: { spec, version } }),
  turn: (slug: string, is_enabled: boolean) => call<KeptForm>(`/form-specs/${part(slug)}`, { method: "PATCH", body: { is_enabled } }),
  order: (slugs: string[]) => call("/form-specs/order", { method: "POST", body: { slugs } }),
};
