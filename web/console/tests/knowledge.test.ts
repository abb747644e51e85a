import type { Job } from "@jieda/api-client";
import { describe, expect, test } from "vitest";
import { addChosen, isWebAddress, sizeText } from "../src/knowledge/files";
import { actions, isFurther, progress, span } from "../src/knowledge/job";

const job = (more: Partial<Job>): Job => ({ id: 1, kind: "ingest", state: "running", stage: "reading", heartbeat_at: null, error: null, embedded: 0, pages_done: 0, pages_total: 0, pages_unknown: 0, seconds_left: null, pending_removals: 0, pending_of: 0, created_at: "", started_at: null, finished_at: null, collection: "docs", total_files: 4, done_files: 1, ingested: 0, unchanged: 0, removed: 0, articles: 0, chunks: 0, failed: 0, current: null, files: [], ...more });

describe("import progress", () => {
  test("it never runs backwards, whichever line is faster", () => {
    expect(isFurther(job({ done_files: 1 }), job({ done_files: 2 }))).toBe(false);
    expect(isFurther(job({ done_files: 2 }), job({ done_files: 2 }))).toBe(true);
    expect(isFurther(job({ done_files: 4 }), job({ state: "done", done_files: 4 }))).toBe(false);
    expect(isFurther(job({ state: "failed", done_files: 0 }), job({ done_files: 3 }))).toBe(true);
  });
  test("without a count of files there is no percentage to invent", () => {
    expect([progress(job({})), progress(job({ pages_done: 30, pages_total: 40 })), progress(job({ state: "done" }))]).toEqual([null, 75, 100]);
  });
  test("one long file moves the bar page by page, and work nobody can count shows none", () => {
    const long = { total_files: 1, done_files: 0, pages_total: 900 };
    expect([progress(job({ ...long, pages_done: 9 })), progress(job({ ...long, pages_done: 450 }))]).toEqual([1, 50]);
    expect(progress(job({ ...long, pages_done: 900, stage: "indexing" }))).toBeNull();
    expect(isFurther(job({ ...long, pages_done: 8 }), job({ ...long, pages_done: 9 }))).toBe(false);
  });
  test("each state offers what can be done in it, and a job that is tried again is shown again", () => {
    expect([actions(job({})), actions(job({ state: "paused" })), actions(job({ state: "done", failed: 1 })), actions(job({ state: "done" }))]).toEqual([["pause", "cancel"], ["resume", "cancel"], ["retry"], []]);
    expect(isFurther(job({ state: "queued" }), job({ state: "done", done_files: 4 }))).toBe(true);
    expect(isFurther(job({ state: "paused" }), job({ done_files: 3 }))).toBe(true);
  });
  test("what is left is told in the unit people think in", () => {
    expect([span(0.2), span(80), span(600), span(9000)]).toEqual([{ key: "job.seconds", n: 1 }, { key: "job.seconds", n: 80 }, { key: "job.minutes", n: 10 }, { key: "job.hours", n: 2.5 }]);
  });
});

describe("files to upload", () => {
  const chosen = (path: string, text = "x") => ({ path, file: new File([text], path) });

  test("the same path counts once and the newer file wins; hidden files stay out", () => {
    const all = addChosen([chosen("a/b.md", "old")], [chosen("a/b.md", "newer"), chosen("a/.git/config"), chosen(".DS_Store")]);
    expect(all.map((one) => [one.path, one.file.size])).toEqual([["a/b.md", 5]]);
  });
  test("only http and https are web addresses", () => {
    expect(["https://a.example/x", " http://a ", "ftp://a", "javascript:alert(1)", "a.example", ""].map(isWebAddress)).toEqual([true, true, false, false, false, false]);
  });
  test("sizes are told as people say them", () => {
    expect([sizeText(900), sizeText(2048), sizeText(3.5 * 1024 ** 2)]).toEqual(["900 B", "2 kB", "3.5 MB"]);
  });
});
