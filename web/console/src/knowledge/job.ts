import { ApiError, readEvents, type Job, type JobFile } from "@jieda/api-client";
import type { Locale } from "@jieda/ui";
import { onScopeDispose, ref, shallowRef } from "vue";
import { knowledgeApi } from "../api/knowledge";
import { onJob } from "../desk/live";

const RETRY_MS = 2_000;

export type JobAction = "pause" | "resume" | "cancel" | "retry";

export function isOver(job: Pick<Job, "state">): boolean {
  return job.state === "done" || job.state === "failed" || job.state === "cancelled";
}

/** Whether `next` says more than `known`; progress comes over two lines and may overtake itself. */
export function isFurther(next: Job, known: Job | null): boolean {
  if (!known) return true;
  // What is over goes on only when somebody has asked for it, and then it waits its turn first.
  if (isOver(known)) return isOver(next) || next.state === "queued";
  if (isOver(next) || next.state !== known.state) return true;
  return next.done_files >= known.done_files && (next.done_files > known.done_files || next.pages_done >= known.pages_done);
}

/** Share of the pages that are through, 0 to 100; null for work whose end nobody can tell. */
export function progress(job: Job): number | null {
  if (isOver(job) || job.state === "needs_confirmation") return 100;
  const countable = job.stage === "reading" || job.state === "paused";
  return countable && job.pages_total ? Math.floor((100 * job.pages_done) / job.pages_total) : null;
}

/** What an editor may do with a job in its present state. */
export function actions(job: Job): JobAction[] {
  const byState: Record<Job["state"], JobAction[]> = {
    queued: ["pause", "cancel"],
    running: ["pause", "cancel"],
    paused: ["resume", "cancel"],
    needs_confirmation: [],
    done: job.failed ? ["retry"] : [],
    failed: ["resume"],
    cancelled: ["resume"],
  };
  return byState[job.state];
}

/** Whether a file failed for want of the right password. */
export function isLocked(file: Pick<JobFile, "code">): boolean {
  return file.code === "encrypted_pdf" || file.code === "encrypted_zip" || file.code === "wrong_password";
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

  /** Does something to the job and shows the state it is in then; raises what the server refuses with. */
  async function act(what: Promise<Job>): Promise<void> {
    const wasOver = job.value !== null && isOver(job.value);
    job.value = await what;
    if (wasOver && !isOver(job.value)) void follow();
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
  return { job, error, stale, follow, act };
}

/** A file as its owner knows it: the folder that uploads are kept in is ours, not theirs. */
export function fileName(path: string): string {
  return path.replace(/^upload\//, "");
}

/** What to do about a file's code, in the reader's language as far as the server knows it. */
export function advice({ message, messages }: Pick<JobFile, "message" | "messages">, locale: Locale): string {
  return messages?.[locale] ?? message ?? "";
}

/** A time span as people say it: seconds, minutes, hours. */
export function span(seconds: number): { key: "job.seconds" | "job.minutes" | "job.hours"; n: number } {
  if (seconds < 90) return { key: "job.seconds", n: Math.max(1, Math.round(seconds)) };
  if (seconds < 90 * 60) return { key: "job.minutes", n: Math.round(seconds / 60) };
  return { key: "job.hours", n: Math.round(seconds / 360) / 10 };
}
