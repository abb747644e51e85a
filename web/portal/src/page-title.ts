import { ref, watchEffect } from "vue";

/** What the browser tab says before the name of the site. */
export const pageTitle = ref("");

export function usePageTitle(title: () => string): void {
  watchEffect(() => (pageTitle.value = title()));
}
