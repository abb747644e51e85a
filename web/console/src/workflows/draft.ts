import type { WorkflowMove, WorkflowSpec, WorkflowStep, WrittenField } from "@jieda/api-client";

const both = (text = "") => ({ zh: text, en: text });

/** An empty workflow, as the editor begins: the shortest way there is. */
export function newSpec(): WorkflowSpec {
  const steps = [newStep("received", "new"), newStep("working", "open"), newStep("done", "solved")];
  return { name: both(), description: null, kinds: [], fields: [], steps, moves: [newMove("received", "working"), newMove("working", "done")], cancel: null };
}

export function newStep(slug: string, type: WorkflowStep["type"] = "open"): WorkflowStep {
  return { slug, name: both(), type, customer_name: null, is_milestone: true, queue: null, limit: null, approval: null };
}

export function newMove(source: string, target: string): WorkflowMove {
  return { source, target, name: null, requires: [], asks: [] };
}

export function newField(name: string): WrittenField {
  return { name, label: both(), type: "text", help: null, required: false, options: [], pattern: null, min: null, max: null, visible_when: null, unit: null, lookup: null };
}

/** A name that no other has yet: step_4, field_2. */
export function freeName(begin: string, taken: string[]): string {
  let at = taken.length + 1;
  while (taken.includes(`${begin}_${at}`)) at += 1;
  return `${begin}_${at}`;
}

/** A step is called by another slug: whatever leads to or from it follows. */
export function renameStep(spec: WorkflowSpec, before: string, after: string): void {
  for (const step of spec.steps) {
    if (step.slug === before) step.slug = after;
    if (step.approval?.approved === before) step.approval.approved = after;
    if (step.approval?.rejected === before) step.approval.rejected = after;
  }
  for (const move of spec.moves) {
    if (move.source === before) move.source = after;
    if (move.target === before) move.target = after;
  }
  if (spec.cancel?.target === before) spec.cancel.target = after;
}

/** A step goes, and with it what led to or from it. */
export function removeStep(spec: WorkflowSpec, slug: string): void {
  spec.steps = spec.steps.filter((step) => step.slug !== slug);
  spec.moves = spec.moves.filter((move) => move.source !== slug && move.target !== slug);
  if (spec.cancel?.target === slug) spec.cancel = null;
}

/** A field is called by another name: whatever asks for it follows. */
export function renameField(spec: WorkflowSpec, before: string, after: string): void {
  const renamed = (names: readonly string[] = []) => names.map((name) => (name === before ? after : name));
  for (const field of spec.fields ?? []) {
    if (field.name === before) field.name = after;
    if (field.visible_when && before in field.visible_when) {
      const { [before]: wanted, ...rest } = field.visible_when;
      field.visible_when = { ...rest, [after]: wanted ?? [] };
    }
  }
  for (const move of spec.moves) Object.assign(move, { requires: renamed(move.requires), asks: renamed(move.asks) });
  for (const step of spec.steps) if (step.approval?.field === before) step.approval.field = after;
}

/** A field goes, and with it what asked for it. */
export function removeField(spec: WorkflowSpec, name: string): void {
  spec.fields = (spec.fields ?? []).filter((field) => field.name !== name);
  const kept = (names: readonly string[] = []) => names.filter((one) => one !== name);
  for (const move of spec.moves) Object.assign(move, { requires: kept(move.requires), asks: kept(move.asks) });
  for (const step of spec.steps) if (step.approval?.field === name) Object.assign(step.approval, { field: null, under: null });
}

/** `value | 中文 | English`, one a line: quick to write and to paste. */
export function optionsText(field: WrittenField): string {
  return (field.options ?? []).map((one) => [one.value, one.label.zh, one.label.en].join(" | ")).join("\n");
}

export function optionsFrom(text: string): NonNullable<WrittenField["options"]> {
  const rows = text.split("\n").map((line) => line.split("|").map((part) => part.trim())).filter(([value]) => value);
  return rows.map(([value = "", zh = "", en = ""]) => ({ value, label: { zh: zh || en || value, en: en || zh || value } }));
}

/** What is sent: texts that were left empty are none. */
export function specOf(draft: WorkflowSpec): WorkflowSpec {
  const filled = (words: { [key: string]: string } | null | undefined) => (words && Object.values(words).some((text) => text.trim()) ? words : null);
  return {
    ...draft,
    fields: (draft.fields ?? []).map((field) => ({ ...field, help: filled(field.help) })),
    steps: draft.steps.map((step) => ({ ...step, customer_name: filled(step.customer_name) })),
    moves: draft.moves.map((move) => ({ ...move, name: filled(move.name) })),
  };
}
