import { onScopeDispose, ref, type Ref } from "vue";

/** The present, refreshed often enough for "12 min left"; one timer for the whole page. */
export const now = ref(Date.now());

setInterval(() => (now.value = Date.now()), 15_000);

/** A finer clock for a component that needs one; stops with it. */
export function useTicker(everyMs: number): Ref<number> {
  const at = ref(Date.now());
  const timer = setInterval(() => (at.value = Date.now()), everyMs);
  onScopeDispose(() => clearInterval(timer));
  return at;
}
