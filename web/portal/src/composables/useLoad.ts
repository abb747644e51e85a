import { ApiError } from "@jieda/api-client";
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from "vue";
import { viewerKey } from "../session";

export type Loaded<T> = {
  data: ShallowRef<T | null>;
  error: ShallowRef<ApiError | null>;
  loading: Ref<boolean>;
  reload: () => Promise<void>;
};

/**
 * Reads something for a page, and again when what it depends on or the viewer changes. An answer that was
 * overtaken by a newer question is dropped. With `quiet`, a reload keeps showing what is there.
 */
export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>, on: () => unknown = () => null): Loaded<T> {
  const data = shallowRef<T | null>(null);
  const error = shallowRef<ApiError | null>(null);
  const loading = ref(true);
  let running: AbortController | null = null;

  async function load(): Promise<void> {
    running?.abort();
    const mine = (running = new AbortController());
    loading.value = true;
    try {
      const found = await read(mine.signal);
      if (mine.signal.aborted) return;
      data.value = found;
      error.value = null;
    } catch (problem) {
      if (mine.signal.aborted) return;
      error.value = problem instanceof ApiError ? problem : new ApiError({ title: String(problem), status: 500, code: "internal" });
    }
    loading.value = false;
  }
  watch(
    [on, viewerKey],
    ([, viewer], before) => {
      if (viewer === null) return; // who is here is not known yet; asking now would ask twice
      if (before[1] !== undefined) data.value = null;
      void load();
    },
    { immediate: true },
  );
  onScopeDispose(() => running?.abort());
  return { data, error, loading, reload: load };
}
