import type { List, Text2 } from "@jieda/api-client";
import { call } from "./client";

export type News = {
  id: number;
  kind: string;
  ticket_id: number | null;
  detail: { text?: Text2; subject?: unknown } & Record<string, unknown>;
  created_at: string;
  read_at: string | null;
};

export const newsApi = {
  news: () => call<List<News>>("/notifications").then((found) => found.items),
  read: (id: number) => call("/notifications/read", { method: "POST", body: { up_to_id: id } }),
};
