import { onBeforeUnmount, onMounted } from "vue";

const EVERY_MS = 10_000;

/** Reads again now and then while the page is looked at, and at once when the reader comes back to it. */
export function usePolling(reload: () => Promise<void>, wanted: () => boolean): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const tick = () => {
    if (document.visibilityState === "visible" && wanted()) void reload();
  };
  onMounted(() => {
    timer = setInterval(tick, EVERY_MS);
    document.addEventListener("visibilitychange", tick);
  });
  onBeforeUnmount(() => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
  });
}
