import type { WrittenForm } from "@jieda/api-client";
import { newField } from "../workflows/draft";

/** An empty form, as the editor begins. */
export function newForm(): WrittenForm {
  return { slug: "", title: { zh: "", en: "" }, kind: "ticket", product: null, ticket_kind: "general", attachments: 10, fields: [newField("subject")], steps: [] };
}

/** A field is called by another name: conditions on it follow. */
export function renameFormField(form: WrittenForm, before: string, after: string): void {
  for (const field of form.fields) {
    if (field.name === before) field.name = after;
    if (field.visible_when && before in field.visible_when) {
      const { [before]: wanted, ...rest } = field.visible_when;
      field.visible_when = { ...rest, [after]: wanted ?? [] };
    }
  }
}

/** A field goes, and with it the conditions on it. */
export function removeFormField(form: WrittenForm, name: string): void {
  form.fields = form.fields.filter((field) => field.name !== name);
  for (const field of form.fields) if (field.visible_when && name in field.visible_when) field.visible_when = null;
}

/** What is sent: a help that was left empty is none. */
export function writtenOf(form: WrittenForm): WrittenForm {
  const filled = (words: { [key: string]: string } | null | undefined) => (words && Object.values(words).some((text) => text.trim()) ? words : null);
  return { ...form, fields: form.fields.map((field) => ({ ...field, help: filled(field.help) })) };
}
