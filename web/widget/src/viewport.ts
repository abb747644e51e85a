/** Keeps the panel inside what is visible: phone keyboards shrink the visual viewport, not the page. */
export function followViewport(panel: HTMLElement): () => void {
  const viewport = window.visualViewport;
  if (!viewport) return () => undefined;
  const follow = () => {
    panel.style.setProperty("--w-height", `${viewport.height}px`);
    panel.style.setProperty("--w-top", `${viewport.offsetTop}px`);
  };
  follow();
  viewport.addEventListener("resize", follow);
  viewport.addEventListener("scroll", follow);
  return () => {
    viewport.removeEventListener("resize", follow);
    viewport.removeEventListener("scroll", follow);
  };
}
