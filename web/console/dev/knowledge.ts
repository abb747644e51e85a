import type { Article, ArticleSummary, Gap, GlossaryTerm, Hit, Job } from "@jieda/api-client";
import { minutes } from "./data.ts";

type Row = ArticleSummary & { state: string };
const row = (id: number, title: string, kind: Row["kind"], lang: string, more: Partial<Row> = {}): Row => ({
  id, title, kind, lang, product: "YLD300", collection: "drives", updated_at: minutes(-id * 500), audience: "public", state: "live", source_uri: null, ...more,
});
export const articles: Row[] = [
  row(1, "变频器报 E-203 是什么意思，怎么处理？", "faq", "zh"),
  row(2, "YLD300 变频器使用手册", "manual", "zh"),
  row(3, "What does fault E-203 mean and how do I clear it?", "faq", "en"),
  row(4, "VIP 客户的专线电话是多少，几点到几点有人？", "faq", "zh", { product: null, collection: "service", audience: "tier:vip" }),
  row(5, "Commissioning the YLG20 gateway", "guide", "en", { product: "YLG20", collection: "gateways" }),
  row(6, "2026 年海岚水务备件价格", "guide", "zh", { product: null, collection: "service", audience: "company:hailan-water,tier:gold+signed-in" }),
  row(7, "旧版固件升级说明", "guide", "zh", { state: "retired" }),
];
export const collections = [
  { id: 1, slug: "drives", name: "drives", articles: 4 },
  { id: 2, slug: "gateways", name: "gateways", articles: 1 },
  { id: 3, slug: "service", name: "service", articles: 2 },
];
const locator = { uri: "manuals/YLD300.pdf", page: 42, box: null, anchor: null };

export function article(id: number): (Article & { state: string }) | null {
  const found = articles.find((one) => one.id === id);
  if (!found) return null;
  const texts = ["E-203 表示恒速运行中过电流：输出电流超过额定电流的 220 %。", "先拆下电机线空载试运行。若不再报警，检查电机绝缘（用 500 V 兆欧表测量应大于 5 MΩ）和负载是否卡滞。"];
  return {
    ...found, product_version: null, version: 3, source: { uri: "manuals/YLD300.pdf", media_type: "application/pdf", file_url: `/api/v1/articles/${id}/file`, pages: 64 },
    translations: id === 1 ? [{ id: 3, lang: "en", title: "What does fault E-203 mean and how do I clear it?" }] : [],
    chunks: texts.map((text, index) => ({ id: id * 100 + 1 + index, heading_path: ["故障处理", "过电流"], text, html: `<p>${text}</p>`, kind: "text", locator, anchor: `chunk-${id * 100 + 1 + index}` })),
  };
}

export const gaps: Gap[] = [
  { id: 1, question: "YLD300 能不能接太阳能直流母线？", lang: "zh", times_asked: 9, last_asked_at: minutes(-40), state: "open" },
  { id: 2, question: "Is the YLG20 certified for UL 61010?", lang: "en", times_asked: 4, last_asked_at: minutes(-400), state: "open" },
];
export const glossary: GlossaryTerm[] = [
  { id: 1, term: "制动电阻", lang: "zh", synonyms: ["刹车电阻", "能耗电阻"] },
  { id: 2, term: "braking chopper", lang: "en", synonyms: ["brake unit"] },
];

export function search(query: string): Hit[] {
  const words = [{ word: "e-203", fields: ["title", "body"], source: "query" }, { word: "变频器", fields: ["title"], source: query.includes("驱动器") ? "synonym of 驱动器" : "query" }];
  return articles.slice(0, 4).map((one, index) => ({
    rank: index + 1, score: 0.93 - index * 0.17, chunk_id: Number(one.id) * 100 + 1, article_id: one.id, title: one.title, heading: "故障处理 › 过电流",
    text: "E-203 表示恒速运行中过电流：输出电流超过额定电流的 220 %。先拆下电机线空载试运行，若不再报警，检查电机绝缘和负载是否卡滞。", lang: one.lang, kind: one.kind, product: one.product, product_version: null, locator, collapsed: [],
    explanation: { words: index < 3 ? words : [], lexical: index < 3 ? { rank: index + 1, score: 14.2 - index * 3 } : null, vector: { rank: 4 - index, score: 0.71 + index * 0.02 }, fused: 0.93 - index * 0.17, late_interaction: 0.64, filters: {}, notes: one.lang === "en" ? ["another language than the question: vectors decide"] : [] },
  }));
}

export const jobs: Job[] = [];
const PATHS = ["manuals/YLD300.pdf", "faq/drives.zh.csv", "guides/commissioning.md", "scan-001.pdf", "notes/old.docx", "broken.xlsx"];

export function startJob(tell: (job: Job) => void, names: string[]): Job {
  const paths = names.length > 1 ? names : PATHS;
  const job: Job = {
    id: jobs.length + 1, kind: "ingest", state: "running", created_at: minutes(0), started_at: minutes(0), finished_at: null, collection: "drives",
    total_files: paths.length, done_files: 0, ingested: 0, unchanged: 0, removed: 0, articles: 0, chunks: 0, failed: 0, current: paths[0] ?? null,
    stage: "reading", heartbeat_at: minutes(0), error: null, embedded: 0, pages_done: 0, pages_total: 12 * paths.length, pages_unknown: paths.length, seconds_left: 5, pending_removals: 0, pending_of: 0,
    files: paths.map((path, id) => ({ id, path, state: "waiting", stage: "waiting", attempts: 0, code: null, message: null, bytes: null, pages: null, pages_done: 0, articles: 0, chunks: 0, embedded: 0, retired: 0, seconds: null, timings: {}, heartbeat_at: null, retry_at: null })),
  };
  jobs.unshift(job);
  const timer = setInterval(() => step(job, timer, tell), 700);
  return job;
}

function step(job: Job, timer: NodeJS.Timeout, tell: (job: Job) => void): void {
  const file = job.files[job.done_files];
  if (!file) {
    clearInterval(timer);
    Object.assign(job, { state: "done", stage: "finished", finished_at: minutes(0), current: null, seconds_left: null });
    return tell(job);
  }
  const bad = file.path.startsWith("broken");
  Object.assign(file, bad ? { state: "failed", code: "damaged_file", message: "the workbook cannot be opened; save it again in Excel", seconds: 0.1 } : { state: "ingested", pages: 12, chunks: 48, seconds: 0.7 });
  job.done_files += 1;
  job.pages_done += 12;
  job.pages_unknown -= 1;
  if (bad) job.failed += 1;
  else Object.assign(job, { ingested: job.ingested + 1, articles: job.articles + 2, chunks: job.chunks + 48 });
  job.current = job.files[job.done_files]?.path ?? null;
  tell(job);
}
