import type { Overview } from "@jieda/api-client";

export type PartKey = "begun" | "answered" | "handedOff";
export type Part = { key: PartKey; count: number; share: number };

/** What became of the conversations begun, each as a share of all; the parts may overlap. Empty without any. */
export function shares(talks: Overview["conversations"]): Part[] {
  const { today, answered, handed_off } = talks;
  if (!today) return [];
  const counts: [PartKey, number][] = [["begun", today], ["answered", answered], ["handedOff", handed_off]];
  return counts.map(([key, count]) => ({ key, count, share: Math.min(1, count / today) }));
}
