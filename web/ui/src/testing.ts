import { createApp, h, type Component } from "vue";

/** Mounts a component into a fresh element and returns it; for tests. */
export function mount(component: Component, props: Record<string, unknown> = {}): HTMLElement {
  const root = document.createElement("div");
  document.body.append(root);
  createApp({ render: () => h(component, props) }).mount(root);
  return root;
}
