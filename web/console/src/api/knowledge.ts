import type {
  Article,
  ArticleSummary,
  Collection,
  Gap,
  GapState,
  GlossaryTerm,
  Job,
  List,
  SearchIn,
  SearchOut,
} from "@jieda/api-client";
import { api, call, part } from "./client";

export type ArticleQuery = {
  q?: string;
  kind?: string;
  lang?: string;
  collection?: string;
  state?: string;
  limit?: number;
  offset?: number;
};
type Id = string | number;

export const knowledgeApi = {
  articles: (query: ArticleQuery, signal?: AbortSignal) => call<List<ArticleSummary>>("/articles", { query, signal }),
  article: (id: Id) => call<Article & { state?: string; collection?: string | null }>(`/articles/${part(id)}`),
  remove: (id: Id) => call(`/articles/${part(id)}`, { method: "DELETE" }),
  restore: (id: Id) => call(`/articles/${part(id)}/restore`, { method: "POST" }),
  collections: async () => (await call<List<Collection>>("/collections")).items,
  search: (query: SearchIn) => call<SearchOut>("/search", { method: "POST", body: query }),
  jobs: async () => (await call<List<Job>>("/jobs", { query: { limit: 50 } })).items,
  job: (id: string) => call<Job>(`/jobs/${part(id)}`),
  steer: (id: Id, verb: "pause" | "resume" | "cancel") => call<Job>(`/jobs/${part(id)}/${verb}`, { method: "POST" }),
  retry: (id: Id, fileIds: number[] = [], password?: string) =>
    call<Job>(`/jobs/${part(id)}/retry`, { method: "POST", body: { file_ids: fileIds, password: password || null } }),
  decideRemovals: (id: Id, allow: boolean) => call<Job>(`/jobs/${part(id)}/removals`, { method: "POST", body: { allow } }),
  jobEvents: (id: string, signal: AbortSignal) =>
    api.send(`/jobs/${part(id)}/events`, { headers: { Accept: "text/event-stream" }, signal }),
  addFiles: (form: FormData) => call<{ job_id: Id }>("/sources", { method: "POST", body: form }),
  addUrl: (body: { url: string; collection?: string; audience: string; password?: string }) =>
    call<{ job_id: Id }>("/sources", { method: "POST", body }),
  gaps: async (state: GapState) => (await call<List<Gap>>("/gaps", { query: { state, limit: 500 } })).items,
  setGap: (id: Id, state: GapState) => call<Gap>(`/gaps/${part(id)}`, { method: "PATCH", body: { state } }),
  glossary: async () => (await call<List<GlossaryTerm>>("/glossary")).items,
  addTerm: (term: Omit<GlossaryTerm, "id">) => call<GlossaryTerm>("/glossary", { method: "POST", body: term }),
  removeTerm: (id: Id) => call(`/glossary/${part(id)}`, { method: "DELETE" }),
};
