import { JiedaWidget } from "./element";
import { ATTRIBUTES } from "./settings";

const TAG = "jieda-widget";

/** One script tag is enough: it registers the element and, unless the page has placed one, adds it. */
function install(script: HTMLScriptElement | null): void {
  if (customElements.get(TAG)) return; // the tag is on the page twice
  if (script?.src) JiedaWidget.scriptOrigin = new URL(script.src).origin;
  customElements.define(TAG, JiedaWidget);
  if (document.querySelector(TAG)) return;
  const element = document.createElement(TAG);
  for (const name of ATTRIBUTES) {
    const value = script?.getAttribute(name);
    if (value) element.setAttribute(name, value);
  }
  document.body.append(element);
}

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
if (document.body) install(script);
else document.addEventListener("DOMContentLoaded", () => install(script));
