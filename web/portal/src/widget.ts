import type { PageContext } from "@jieda/api-client";

type WidgetElement = HTMLElement & { context: PageContext | null };

function widget(): WidgetElement | null {
  return document.querySelector<WidgetElement>("jieda-widget");
}

/** Tells the chat what the customer is doing on this page, so that they need not repeat it to a person. */
export function tellWidget(context: PageContext | null): void {
  const element = widget();
  if (element) element.context = context;
}

export function openWidget(): void {
  const root = widget()?.shadowRoot;
  if (root?.querySelector('[data-testid="widget-panel"]')) return;
  root?.querySelector<HTMLButtonElement>('[data-testid="widget-launcher"]')?.click();
}
