import type { FeedState, Suggestion } from "@jieda/api-client";
import { fill, type Locale } from "@jieda/ui/core";
import tokens from "@jieda/ui/tokens.css?inline";
import { accentRules } from "../accent";
import { messages } from "../locales/embed";
import type { EmbedSettings } from "./attend";
import styles from "./embed.css?inline";

/** The list of suggestions on a page that is not ours, in a shadow root so that neither restyles the other. */
export class SuggestionBox {
  private readonly root: ShadowRoot;
  private readonly list: HTMLElement;

  constructor(
    place: HTMLElement,
    private readonly settings: EmbedSettings,
    private readonly onOpen: (articleId: number | string) => void,
  ) {
    this.root = place.shadowRoot ?? place.attachShadow({ mode: "open" });
    const sheet = element("style", "", tokens + styles + accentRules(settings.accent));
    this.list = element("section", "box");
    this.list.setAttribute("aria-live", "polite");
    this.root.replaceChildren(sheet, this.list);
  }

  show({ result, busy }: FeedState, locale: Locale): void {
    this.list.setAttribute("aria-busy", String(busy));
    if (!result || busy) return; // what is shown stays until there is something better
    const { articles, checklist } = result;
    this.list.hidden = !articles.length && !checklist.length;
    this.list.lang = locale;
    const items = element("ul", "list");
    items.append(...articles.map((article) => this.item(article, locale)));
    this.list.replaceChildren(element("h2", "title", messages.title[locale]), items, ...this.checks(checklist, locale));
  }

  private item(article: Suggestion, locale: Locale): HTMLElement {
    const link = this.link(article.article_id, article.chunk_id);
    link.className = "item";
    link.dataset.testid = "suggestion";
    const foot = element("small", "foot", messages[`kind_${article.kind}`][locale]);
    if (article.locator?.page) foot.append(` · ${fill(messages.page[locale], { n: article.locator.page })}`);
    link.append(element("strong", "", article.title), element("span", "snippet", article.snippet), foot);
    const item = element("li");
    item.append(link);
    return item;
  }

  private checks(checklist: { text: string; article_id: number | string }[], locale: Locale): HTMLElement[] {
    if (!checklist.length) return [];
    const list = element("ul", "checks");
    for (const check of checklist.slice(0, 4)) {
      const link = this.link(check.article_id);
      link.append(check.text);
      const item = element("li");
      item.append(link);
      list.append(item);
    }
    return [element("h3", "subtitle", messages.checklist[locale]), list];
  }

  private link(articleId: number | string, chunkId?: number | string): HTMLAnchorElement {
    const link = element("a");
    const query = chunkId === undefined ? "" : `?chunk=${encodeURIComponent(chunkId)}`;
    link.href = `${this.settings.origin}/portal/articles/${encodeURIComponent(articleId)}${query}`;
    link.target = "_blank";
    link.rel = "noopener";
    link.addEventListener("click", () => this.onOpen(articleId));
    return link;
  }
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, name = "", text = ""): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}
