import type { List, Text2 } from "@jieda/api-client";
import { call, part } from "./client";

export type Macro = { id: number; name: Text2; text: Text2; visibility: "public" | "internal"; changes: { priority?: string | null; queue?: string | null; state?: string | null }; is_shared: boolean; used: number };
export type MacroIn = Pick<Macro, "name" | "text" | "visibility" | "changes" | "is_shared">;
export type UsedMacro = { text: string; visibility: "public" | "internal"; then: string | null };

export const macrosApi = {
  macros: () => call<List<Macro>>("/macros").then((found) => found.items),
  add: (macro: MacroIn) => call<Macro>("/macros", { method: "POST", body: macro }),
  remove: (id: number) => call(`/macros/${part(id)}`, { method: "DELETE" }),
  use: (ticket: string | number, id: number, version: number) => call<UsedMacro>(`/tickets/${part(ticket)}/macros/${part(id)}`, { method: "POST", body: { version } }),
};
