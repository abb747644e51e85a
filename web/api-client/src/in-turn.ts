/** One of every product in turn, so that a short list shows them all; within a product the order stays. */
export function inTurn<T extends { product: string | null }>(articles: T[]): T[] {
  const shelves = new Map<string, T[]>();
  for (const article of articles) {
    const key = article.product ?? "";
    shelves.set(key, [...(shelves.get(key) ?? []), article]);
  }
  const longest = Math.max(0, ...[...shelves.values()].map((shelf) => shelf.length));
  const rounds = Array.from({ length: longest }, (_, round) => [...shelves.values()].map((shelf) => shelf[round]));
  return rounds.flat().filter((article): article is T => article !== undefined);
}
