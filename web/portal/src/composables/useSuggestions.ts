import { SuggestionFeed, type FeedState, type Suggestion, type SuggestionsIn, type SuggestionsOut } from "@jieda/api-client";
import { computed, onScopeDispose, shallowRef, watch, type ComputedRef, type ShallowRef } from "vue";
import { api, viewerKey } from "../session";
import { locale } from "../words";

export type Suggestions = {
  state: ShallowRef<FeedState>;
  articles: ComputedRef<Suggestion[]>;
  checklist: ComputedRef<SuggestionsOut["checklist"]>;
  /** Whether anything was filled in to suggest from. */
  filled: ComputedRef<boolean>;
  impression: ComputedRef<SuggestionsOut["impression_id"] | null>;
  opened: (articleId: number | string) => void;
};

/** Articles beside a form, following it as it is filled in. */
export function useSuggestions(input: () => Omit<SuggestionsIn, "locale">): Suggestions {
  const state = shallowRef<FeedState>({ result: null, busy: false, error: null });
  const feed = new SuggestionFeed(api, (next) => (state.value = next));
  watch(
    [input, locale, viewerKey],
    ([asked]) => {
      if (viewerKey.value !== null) feed.ask({ ...asked, locale: locale.value });
    },
    { immediate: true, deep: true },
  );
  onScopeDispose(() => feed.stop());
  return {
    state,
    articles: computed(() => state.value.result?.articles ?? []),
    checklist: computed(() => state.value.result?.checklist ?? []),
    filled: computed(() => Object.keys(input().fields ?? {}).length > 0 || !!input().draft),
    impression: computed(() => state.value.result?.impression_id ?? null),
    opened: (articleId) => feed.opened(articleId),
  };
}
