import type { Action, Catalogue, FieldInfo, Rule, RuleSpec, Tree } from "../api/rules";

export type Row = { field: string; op: string; value: unknown };
export type Draft = Omit<RuleSpec, "conditions"> & {
  match: "all" | "any";
  rows: Row[];
  /** A tree that rows cannot show: it came from a file or the API and is kept as it is. */
  tree: Tree | null;
};

const both = (text = "") => ({ zh: text, en: text });
const VALUELESS = ["is_empty", "is_not_empty"];
export const takesValue = (op: string): boolean => !VALUELESS.includes(op);
export const takesList = (op: string): boolean => op === "in" || op === "not_in";

/** An empty rule, as the editor begins. */
export function newDraft(): Draft {
  return { name: both(), description: both(), trigger: { on: "ticket_created" }, match: "all", rows: [], tree: null, actions: [newAction("notify")], limit_per_day: 3 };
}

/** A rule as the editor shows it: one level of comparisons as rows, anything deeper kept whole. */
export function draftOf(rule: Rule): Draft {
  const { name, description, trigger, actions, limit_per_day } = structuredClone(rule);
  const flat = rowsOf(rule.conditions);
  return { name, description, trigger, actions, limit_per_day, match: flat?.match ?? "all", rows: flat?.rows ?? [], tree: flat ? null : rule.conditions };
}

function rowsOf(tree: Tree): Pick<Draft, "match" | "rows"> | null {
  if (!Object.keys(tree).length) return { match: "all", rows: [] };
  if (tree.field) return { match: "all", rows: [rowOf(tree)] };
  const match = tree.all ? "all" : "any";
  const parts = tree.all ?? tree.any;
  return parts?.every((part) => part.field) ? { match, rows: parts.map(rowOf) } : null;
}

const rowOf = (leaf: Tree): Row => ({ field: leaf.field ?? "", op: leaf.op ?? "is", value: leaf.value });

/** What is sent. */
export function specOf(draft: Draft): RuleSpec {
  const { match, rows, tree, ...rest } = draft;
  const leaves = rows.map(({ field, op, value }) => (takesValue(op) ? { field, op, value } : { field, op }));
  const conditions = tree ?? (match === "all" || leaves.length ? { [match]: leaves } : {});
  return { ...rest, conditions, actions: rest.actions.map(withoutEmpty) };
}

function withoutEmpty(action: Action): Action {
  return Object.fromEntries(Object.entries(action).filter(([, value]) => value !== "" && value !== undefined && value !== null)) as Action;
}

/** The field of a row; a vendor's own name, such as form.batch, is of any kind. */
export function fieldOf(catalogue: Catalogue, name: string): FieldInfo {
  const own = { name, kind: "any", words: both(name), choices: null, only: [] };
  return catalogue.fields.find((field) => field.name === name) ?? own;
}

/** The fields that a trigger knows. */
export function fieldsFor(catalogue: Catalogue, on: string): FieldInfo[] {
  const hasTicket = catalogue.triggers.find((one) => one.on === on)?.has_ticket ?? true;
  const ofTicket = (name: string) => /^(ticket|person)\./.test(name);
  return catalogue.fields.filter((field) => (!field.only.length || field.only.includes(on)) && (hasTicket || !ofTicket(field.name)));
}

/** A value that fits a comparison to begin with. */
export function firstValue(catalogue: Catalogue, name: string, op: string): unknown {
  const field = fieldOf(catalogue, name);
  if (!takesValue(op)) return undefined;
  if (takesList(op)) return [];
  if (field.kind === "flag") return true;
  if (field.kind === "number") return 0;
  return field.choices ? (catalogue.choices[field.choices]?.[0]?.value ?? "") : "";
}

export function newRow(catalogue: Catalogue, name: string): Row {
  const op = catalogue.operators_by_kind[fieldOf(catalogue, name).kind]?.[0] ?? "is";
  return { field: name, op, value: firstValue(catalogue, name, op) };
}

export function newAction(kind: string): Action {
  const text = { text: both() };
  if (kind === "notify") return { do: kind, to: ["managers"], ...text };
  if (kind === "assign") return { do: kind, to: "account_manager" };
  if (kind === "set") return { do: kind, priority: "high" };
  if (kind === "task") return { do: kind, kind: "callback", priority: "high", to: "manager", subject: both(), ...text };
  if (kind === "article") return { do: kind, article: undefined, ...text };
  if (kind === "webhook") return { do: kind, webhook: undefined };
  return { do: kind, ...text };
}
