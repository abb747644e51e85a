import { ApiError, type ApiClient } from "./http";
import type { SuggestionsIn, SuggestionsOut } from "./types";

export type FeedState = { result: SuggestionsOut | null; busy: boolean; error: ApiError | null };

const PAUSE_MS = 250;
const KEPT = 20;

/** Articles that follow a form as it is filled: waits for a pause in typing, and only the newest question may answer. */
export class SuggestionFeed {
  state: FeedState = { result: null, busy: false, error: null };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | null = null;
  private asked = "";
  private readonly known = new Map<string, SuggestionsOut>();

  constructor(
    private readonly api: ApiClient,
    private readonly onChange: (state: FeedState) => void,
    private readonly pauseMs = PAUSE_MS,
  ) {}

  ask(input: SuggestionsIn): void {
    const key = JSON.stringify(input);
    if (key === this.asked && !this.state.error) return;
    this.asked = key;
    clearTimeout(this.timer);
    this.running?.abort();
    const known = this.known.get(key);
    if (known) return this.tell({ result: known, busy: false, error: null });
    this.timer = setTimeout(() => void this.fetch(key, input), this.pauseMs);
  }

  /** Notes that the reader opened an article; deflection is measured from it. Never disturbs the reader. */
  opened(articleId: number | string): void {
    const id = this.state.result?.impression_id;
    if (id === undefined || id === null) return;
    const path = `/suggestions/${encodeURIComponent(String(id))}/opened`;
    this.api.request(path, { method: "POST", body: { article_id: articleId } }).catch(() => undefined);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.running?.abort();
  }

  private async fetch(key: string, input: SuggestionsIn): Promise<void> {
    const running = (this.running = new AbortController());
    this.tell({ ...this.state, busy: true });
    try {
      const options = { method: "POST" as const, body: input, signal: running.signal };
      const result = await this.api.request<SuggestionsOut>("/suggestions", options);
      if (running.signal.aborted) return;
      this.keep(key, result);
      this.tell({ result, busy: false, error: null });
    } catch (error) {
      if (running.signal.aborted || !(error instanceof ApiError)) return;
      this.tell({ ...this.state, busy: false, error });
    }
  }

  private keep(key: string, result: SuggestionsOut): void {
    this.known.set(key, result);
    const oldest = this.known.keys().next().value;
    if (this.known.size > KEPT && oldest !== undefined) this.known.delete(oldest);
  }

  private tell(state: FeedState): void {
    this.state = state;
    this.onChange(state);
  }
}
