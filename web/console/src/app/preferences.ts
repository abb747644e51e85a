import { ref } from "vue";

export type Theme = "auto" | "light" | "dark";
const STORED = "jieda.console.theme";
const THEMES: Theme[] = ["auto", "light", "dark"];

export const theme = ref<Theme>(storedTheme());

function storedTheme(): Theme {
  const stored = localStorage.getItem(STORED) as Theme | null;
  return stored && THEMES.includes(stored) ? stored : "auto";
}

export function setTheme(next: Theme): void {
  theme.value = next;
  localStorage.setItem(STORED, next);
  applyTheme();
}

export function applyTheme(): void {
  const root = document.documentElement;
  if (theme.value === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme.value;
}
