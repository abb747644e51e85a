import type { FormField } from "@jieda/api-client";
import { pickText, type Locale } from "@jieda/ui";
import { showValue } from "./values";

export type Told = { fields: Record<string, string>; draft: string };

/**
 * What is filled in, in the words the customer sees: that is what articles are written in, what the suggestions give
 * as their reason, and what a colleague reads after a handoff. Long text counts as the draft of a question.
 */
export function tell(visible: FormField[], values: Record<string, unknown>, locale: Locale): Told {
  const told: Told = { fields: {}, draft: "" };
  for (const field of visible) {
    const value = values[field.name];
    if (value === undefined || value === null || value === "" || value === false || field.type === "email") continue;
    const label = pickText(field.label, locale);
    if (field.type === "textarea") told.draft = [told.draft, String(value)].filter(Boolean).join("\n");
    else told.fields[label] = field.type === "checkbox" ? label : spoken(field, value, locale);
  }
  return told;
}

/** An option's label, with its code where the label leaves it out: "5.5 kW (13 A) T5R5". */
function spoken(field: FormField, value: unknown, locale: Locale): string {
  const shown = showValue(field, value, locale);
  const code = String(value);
  const telling = field.type === "select" && /\d/.test(code) && /[a-z]/i.test(code) && !shown.includes(code);
  return telling ? `${shown} ${code}` : shown;
}
