import { ApiError, readEvents, type Job, type JobFile } from "@jieda/api-client";
import type { Locale } from "@jieda/ui";
import { onScopeDispose, ref, shallowRef } from "vue";
import { knowledgeApi } from "../api/knowledge";
import { onJob } from "../desk/live";
import { refusals } from "../locales/ingest";

const RETRY_MS = 2_000;

export function isOver(job: Pick<Job, "state">): boolean {
  return job.state === "done" || job.state === "failed" || job.state === "cancelled";
}

/** Whether `next` says more than `known`; progress comes over two lines and may overtake itself. */
export function isFurther(next: Job, known: Job | null): boolean {
  if (!known) return true;
  if (isOver(known)) return isOver(next);
  return isOver(next) || next.done_files >= known.done_files;
}

/** Share of the files that are through, 0 to 100; null while they are being counted. */
export function progress(job: Job): number | null {
  if (isOver(job)) return 100;
  return job.total_files ? Math.floor((100 * job.done_files) / job.total_files) : null;
}

/** Follows one import to its end: over its event stream, over the agents' line, and by asking when both break. */
export function useJob(id: string) {
  const job = shallowRef<Job | null>(null);
  const error = shallowRef<unknown>(null);
  const stale = ref(false);
  const stop = new AbortController();

  function take(next: Job): void {
    if (String(next.id) !== id || !isFurther(next, job.value)) return;
    // Frames on the agents' line carry no files; those we know stay.
    job.value = next.files.length ? next : { ...next, files: job.value?.files ?? [] };
    stale.value = false;
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        take(await knowledgeApi.job(id));
        error.value = null;
        if (job.value && isOver(job.value)) return;
        await stream();
      } catch (problem) {
        if (stop.signal.aborted) return;
        stale.value = true;
        error.value = problem;
        if (problem instanceof ApiError && (problem.status === 404 || problem.status === 403)) return;
      }
      await new Promise((done) => setTimeout(done, RETRY_MS));
    }
  }

  async function stream(): Promise<void> {
    for await (const event of readEvents(await knowledgeApi.jobEvents(id, stop.signal))) {
      if (event.event === "progress" || event.event === "done") take(JSON.parse(event.data) as Job);
      if (event.event === "done") return;
    }
  }

  const deaf = onJob(take);
  onScopeDispose(() => {
    stop.abort();
    deaf();
  });
  void follow();
  return { job, error, stale, follow };
}

/** A file as its owner knows it: the folder that uploads are kept in is ours, not theirs. */
export function fileName(path: string): string {
  return path.replace(/^upload\//, "");
}

/** Why a file failed and what to do: in Chinese by its code, with the server's detail; else in the server's words. */
export function refusal({ code, message }: Pick<JobFile, "code" | "message">, locale: Locale): string {
  const known = locale === "zh" && code ? refusals[code] : undefined;
  if (!known) return message ?? "";
  const detail = /\. \(([^()]+)\)$/.exec(message ?? "")?.[1];
  return detail ? `${known}（${detail}）` : known;
}
