import type { WorkflowSpec, WorkflowStep } from "@jieda/api-client";

export const NODE = { width: 146, height: 44, gapX: 24, gapY: 40, perRow: 2 };
export type Node = { step: WorkflowStep; x: number; y: number };
export type Edge = { from: string; to: string; isBack: boolean; path: string };
export type Flow = { nodes: Node[]; edges: Edge[]; width: number; height: number };

type Sketch = Pick<WorkflowSpec, "steps" | "moves" | "cancel">;

/** Where each step leads: by a move, by a decision. */
export function waysOf(spec: Sketch): [string, string][] {
  const known = new Set(spec.steps.map((step) => step.slug));
  const decided = spec.steps.flatMap((step) => (step.approval ? [[step.slug, step.approval.approved], [step.slug, step.approval.rejected]] : []) as [string, string][]);
  const all = [...spec.moves.map((move) => [move.source, move.target] as [string, string]), ...decided];
  return all.filter(([from, to], at) => known.has(from) && known.has(to) && all.findIndex(([one, two]) => one === from && two === to) === at);
}

/** The flow from top to bottom, at most two steps beside each other, so that it can be read on a telephone. */
export function layout(spec: Sketch): Flow {
  const ways = waysOf(spec);
  const nodes: Node[] = rowsOf(spec, ways).flatMap((row, index) =>
    row.map((step, at) => ({ step, x: leftOf(row.length, at), y: index * (NODE.height + NODE.gapY) })),
  );
  const places = new Map(nodes.map((node) => [node.step.slug, node]));
  const edges = ways.flatMap(([from, to]) => {
    const [begin, end] = [places.get(from), places.get(to)];
    return begin && end ? [edge(begin, end)] : [];
  });
  const width = NODE.perRow * NODE.width + (NODE.perRow - 1) * NODE.gapX;
  const height = Math.max(...nodes.map((node) => node.y), 0) + NODE.height;
  return { nodes, edges, width, height };
}

/** Steps by how far they are from the first, in the order they are written; a full row goes on in the next. */
function rowsOf(spec: Sketch, ways: [string, string][]): WorkflowStep[][] {
  const depth = new Map<string, number>();
  let wave = spec.steps.slice(0, 1).map((step) => step.slug);
  for (let level = 0; wave.length; level += 1) {
    for (const slug of wave) depth.set(slug, level);
    wave = [...new Set(wave.flatMap((slug) => ways.filter(([from]) => from === slug).map(([, to]) => to)))].filter((slug) => !depth.has(slug));
  }
  const last = Math.max(0, ...depth.values());
  const levels = Array.from({ length: last + 2 }, (_, level) => spec.steps.filter((step) => (depth.get(step.slug) ?? last + 1) === level));
  return levels.flatMap((level) => Array.from({ length: Math.ceil(level.length / NODE.perRow) }, (_, at) => level.slice(at * NODE.perRow, (at + 1) * NODE.perRow)));
}

function leftOf(inRow: number, at: number): number {
  const full = NODE.perRow * NODE.width + (NODE.perRow - 1) * NODE.gapX;
  const used = inRow * NODE.width + (inRow - 1) * NODE.gapX;
  return (full - used) / 2 + at * (NODE.width + NODE.gapX);
}

function edge(from: Node, to: Node): Edge {
  const half = NODE.width / 2;
  const isBack = to.y < from.y;
  const base = { from: from.step.slug, to: to.step.slug, isBack };
  if (to.y === from.y) {
    const [x1, x2] = to.x > from.x ? [from.x + NODE.width, to.x] : [from.x, to.x + NODE.width];
    const y = from.y + NODE.height / 2 + (to.x > from.x ? -6 : 6);
    return { ...base, path: `M ${x1} ${y} L ${x2} ${y}` };
  }
  if (!isBack) {
    const [y1, y2] = [from.y + NODE.height, to.y];
    const bend = Math.min(NODE.gapY, (y2 - y1) / 2);
    return { ...base, path: `M ${from.x + half} ${y1} C ${from.x + half} ${y1 + bend}, ${to.x + half} ${y2 - bend}, ${to.x + half} ${y2}` };
  }
  // Back edges leave and enter at the sides, so that they do not hide the way forward.
  const right = from.x + half >= to.x + half;
  const [x1, x2] = right ? [from.x + NODE.width, to.x + NODE.width] : [from.x, to.x];
  const out = right ? Math.max(x1, x2) + 14 : Math.min(x1, x2) - 14;
  const [y1, y2] = [from.y + NODE.height / 2 - 8, to.y + NODE.height / 2 + 8];
  return { ...base, path: `M ${x1} ${y1} C ${out} ${y1}, ${out} ${y2}, ${x2} ${y2}` };
}
