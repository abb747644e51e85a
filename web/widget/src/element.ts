import type { PageContext } from "@jieda/api-client";
import components from "@jieda/ui/components.css?inline";
import tokens from "@jieda/ui/tokens.css?inline";
import { h, render } from "preact";
import { accentRules } from "./accent";
import { apiOrigin, ATTRIBUTES, readSettings } from "./settings";
import { Widget } from "./Widget";
import styles from "./widget.css?inline";

/** `<jieda-widget>`: the whole widget in its own shadow root, so that page and widget cannot restyle each other. */
export class JiedaWidget extends HTMLElement {
  static readonly observedAttributes = [...ATTRIBUTES, "lang"];
  static scriptOrigin = "";
  private readonly accentSheet = document.createElement("style");
  private readonly mount = document.createElement("div");
  private readonly pageLanguage = new MutationObserver(() => this.draw());
  private pageContext: PageContext | null = null;

  /** What the page knows about the customer's task, e.g. form values; travels with turns and handoff. */
  set context(value: PageContext | null) {
    this.pageContext = value;
    this.draw();
  }
  get context(): PageContext | null {
    return this.pageContext;
  }

  connectedCallback(): void {
    if (!this.shadowRoot) {
      const sheet = document.createElement("style");
      sheet.textContent = tokens + components + styles;
      this.attachShadow({ mode: "open" }).append(sheet, this.accentSheet, this.mount);
    }
    this.pageLanguage.observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });
    this.draw();
  }

  disconnectedCallback(): void {
    // Moving the element in the page disconnects and connects it at once; only a real removal ends the widget.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.pageLanguage.disconnect();
      render(null, this.mount);
    });
  }

  attributeChangedCallback(): void {
    this.draw();
  }

  private draw(): void {
    if (!this.isConnected) return;
    const settings = readSettings(this, this.pageContext);
    this.accentSheet.textContent = accentRules(settings.accent);
    render(h(Widget, { settings, origin: apiOrigin(this, JiedaWidget.scriptOrigin) }), this.mount);
  }
}
