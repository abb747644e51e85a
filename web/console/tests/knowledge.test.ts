import type { Job } from "@jieda/api-client";
import { describe, expect, test } from "vitest";
import { addChosen, isWebAddress, sizeText } from "../src/knowledge/files";
import { isFurther, progress } from "../src/knowledge/job";

const job = (more: Partial<Job>): Job => ({ id: 1, kind: "ingest", state: "running", created_at: "", started_at: null, finished_at: null, collection: "docs", total_files: 4, done_files: 1, ingested: 0, unchanged: 0, removed: 0, articles: 0, chunks: 0, failed: 0, current: null, files: [], ...more });

describe("import progress", () => {
  test("it never runs backwards, whichever line is faster", () => {
    expect(isFurther(job({ done_files: 1 }), job({ done_files: 2 }))).toBe(false);
    expect(isFurther(job({ done_files: 2 }), job({ done_files: 2 }))).toBe(true);
    expect(isFurther(job({ done_files: 4 }), job({ state: "done", done_files: 4 }))).toBe(false);
    expect(isFurther(job({ state: "failed", done_files: 0 }), job({ done_files: 3 }))).toBe(true);
  });
  test("without a count of files there is no percentage to invent", () => {
    expect([progress(job({ total_files: 0 })), progress(job({ done_files: 3 })), progress(job({ state: "done", total_files: 0 }))]).toEqual([null, 75, 100]);
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
