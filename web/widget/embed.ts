/**
 * The context engine by attributes: one script tag, no code.
 *
 *   <script src="https://help.example/embed.js" async></script>
 *   <form data-jieda-context="Order form" data-jieda-product="X100"> … </form>
 *   <div data-jieda-suggestions></div>
 */
import { attendForms } from "./src/embed/attend";

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const settings = {
  origin: script?.dataset.api || (script?.src ? new URL(script.src).origin : ""),
  locale: script?.dataset.locale ?? null,
  accent: script?.dataset.accent ?? null,
};
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => attendForms(settings));
else attendForms(settings);
