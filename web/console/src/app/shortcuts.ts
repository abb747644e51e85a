import { onBeforeUnmount, onMounted } from "vue";

/** One-key shortcuts that never fire while someone types, and stay quiet under a dialog. */
export function useShortcuts(actions: Record<string, () => void>): void {
  const hear = (event: KeyboardEvent) => {
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (isTyping(event.target) || document.querySelector('.el-overlay:not([style*="display: none"])')) return;
    event.preventDefault();
    action();
  };
  onMounted(() => document.addEventListener("keydown", hear));
  onBeforeUnmount(() => document.removeEventListener("keydown", hear));
}

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

export const KEYS = [
  ["j", "keys.next"],
  ["k", "keys.previous"],
  ["c", "keys.claim"],
  ["r", "keys.reply"],
  ["n", "keys.note"],
  ["e", "keys.resolve"],
  ["/", "keys.search"],
  ["Ctrl + Enter", "keys.send"],
  ["Esc", "keys.leave"],
  ["?", "keys.help"],
] as const;
