import { ApiError } from "@jieda/api-client";
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from "vue";

export type Resource<T> = {
  data: ShallowRef<T | null>;
  error: ShallowRef<unknown>;
  loading: Ref<boolean>;
  load: () => Promise<void>;
};

/**
 * Something a page reads from the server. Only the newest load counts, and what is already shown
 * stays while it is read again.
 */
export function useResource<T>(fetcher: (signal: AbortSignal) => Promise<T>, immediate = true): Resource<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<unknown>(null);
  const loading = ref(false);
  let current: AbortController | null = null;

  async function load(): Promise<void> {
    current?.abort();
    const mine = (current = new AbortController());
    loading.value = true;
    try {
      const answer = await fetcher(mine.signal);
      if (mine !== current) return;
      data.value = answer;
      error.value = null;
    } catch (problem) {
      if (mine === current) error.value = problem;
    } finally {
      if (mine === current) loading.value = false;
    }
  }

  onScopeDispose(() => {
    current?.abort();
    current = null;
  });
  if (immediate) void load();
  return { data, error, loading, load };
}

export function isDenied(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}

export function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
