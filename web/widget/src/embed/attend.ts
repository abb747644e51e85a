import { ApiClient, SuggestionFeed } from "@jieda/api-client";
import { toLocale, type Locale } from "@jieda/ui/core";
import { readForm } from "./read";
import { SuggestionBox } from "./box";

export type EmbedSettings = { origin: string; locale: string | null; accent: string | null };

const FORMS = "form[data-jieda-context]";

/** Serves every marked form of the page, also those that appear later. */
export function attendForms(settings: EmbedSettings): void {
  const served = new WeakSet<HTMLFormElement>();
  const serve = () => {
    for (const form of document.querySelectorAll<HTMLFormElement>(FORMS)) {
      const place = placeOf(form);
      if (served.has(form) || !place) continue;
      served.add(form);
      attend(form, place, settings);
    }
  };
  serve();
  new MutationObserver(serve).observe(document.body, { childList: true, subtree: true });
}

/** Where the suggestions of a form go: inside it, at the place that names its id, else at the page's only place. */
function placeOf(form: HTMLFormElement): HTMLElement | null {
  const inside = form.querySelector<HTMLElement>("[data-jieda-suggestions]");
  const named = form.id ? document.querySelector<HTMLElement>(`[data-jieda-suggestions="${CSS.escape(form.id)}"]`) : null;
  return inside ?? named ?? document.querySelector<HTMLElement>('[data-jieda-suggestions=""]');
}

function attend(form: HTMLFormElement, place: HTMLElement, settings: EmbedSettings): void {
  const box = new SuggestionBox(place, settings, (articleId) => feed.opened(articleId));
  const feed = new SuggestionFeed(new ApiClient(settings.origin), (state) => {
    if (state.result) form.dataset.jiedaImpression = String(state.result.impression_id);
    box.show(state, localeOf(form, settings));
    form.dispatchEvent(new CustomEvent("jieda:suggestions", { bubbles: true, detail: state.result }));
  });
  const ask = () => feed.ask(questionOf(form, settings));
  form.addEventListener("input", ask);
  form.addEventListener("change", ask);
  form.addEventListener("reset", () => setTimeout(ask)); // the fields are emptied after the event
  new MutationObserver(ask).observe(form, { attributes: true, attributeFilter: ["data-jieda-context", "data-jieda-product", "data-jieda-step"] });
  ask();
}

function questionOf(form: HTMLFormElement, settings: EmbedSettings) {
  const { jiedaContext, jiedaProduct, jiedaStep, jiedaLimit } = form.dataset;
  return {
    page: jiedaContext || document.title,
    product: jiedaProduct || null,
    step: jiedaStep || null,
    ...readForm(form),
    locale: localeOf(form, settings),
    limit: Number(jiedaLimit) || 4,
  };
}

function localeOf(form: HTMLFormElement, settings: EmbedSettings): Locale {
  const nearest = form.closest<HTMLElement>("[lang]")?.lang;
  return toLocale(form.dataset.jiedaLocale || settings.locale || nearest || navigator.language);
}
