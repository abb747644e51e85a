const FOCUSABLE = 'a[href],button:not([disabled]),textarea:not([disabled]),input:not([disabled]),[tabindex="0"]';

/** Keeps Tab inside the open panel; Esc is the way out. */
export function trapTab(panel: HTMLElement, event: KeyboardEvent): void {
  const stops = [...panel.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((el) => el.getClientRects().length > 0);
  const root = panel.getRootNode() as ShadowRoot | Document;
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const [edge, other] = event.shiftKey ? [first, last] : [last, first];
  if (root.activeElement !== edge && panel.contains(root.activeElement)) return;
  event.preventDefault();
  other?.focus();
}
