/** The list with the entry at `at` one place further up; the first one stays where it is. */
export function oneUp<T>(list: readonly T[], at: number): T[] {
  const moved = [...list];
  if (at > 0) moved.splice(at - 1, 2, ...moved.slice(at - 1, at + 1).reverse());
  return moved;
}
