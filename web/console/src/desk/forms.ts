import type { Form, FormField } from "@jieda/api-client";
import type { pick as Pick } from "../app/i18n";

export type Fact = { name: string; value: string };

/** What the customer filled in, in the form's order and words; fields the form no longer has come last. */
export function formFacts(values: Record<string, unknown>, form: Form | null, pick: typeof Pick): Fact[] {
  const fields = form?.fields ?? [];
  const known = fields.filter((field) => filled(values[field.name]));
  const rest = Object.keys(values).filter((name) => filled(values[name]) && !fields.some((field) => field.name === name));
  return [
    ...known.map((field) => ({ name: pick(field.label) || field.name, value: shown(values[field.name], field, pick) })),
    ...rest.map((name) => ({ name, value: plain(values[name]) })),
  ];
}

/** The form these values were most likely typed into: the one that knows most of their names. */
export function formOf(values: Record<string, unknown>, forms: Form[]): Form | null {
  const known = (form: Form) => form.fields.filter((field) => field.name in values).length;
  const best = [...forms].sort((one, other) => known(other) - known(one))[0];
  return best && known(best) > 0 ? best : null;
}

function filled(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "" && value !== false;
}

function shown(value: unknown, field: FormField, pick: typeof Pick): string {
  if (Array.isArray(value)) return value.map((one) => shown(one, field, pick)).join(", ");
  const option = field.options?.find((one) => one.value === String(value));
  if (option) return pick(option.label) || option.value;
  const text = plain(value);
  return field.unit ? `${text} ${field.unit}` : text;
}

function plain(value: unknown): string {
  if (value === true) return "✓";
  if (Array.isArray(value)) return value.map(plain).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
