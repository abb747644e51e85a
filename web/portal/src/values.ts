import type { FormField } from "@jieda/api-client";
import { pickText, type Locale } from "@jieda/ui";
import { messages } from "./locales/messages";

/** A filled-in value as the reader would say it: the option's label, yes or no, the number with its unit. */
export function showValue(field: FormField | undefined, value: unknown, locale: Locale): string {
  if (typeof value === "boolean") return messages[value ? "yes" : "no"][locale];
  if (Array.isArray(value)) return value.map((one) => showValue(field, one, locale)).join(", ");
  const option = field?.options.find((one) => one.value === String(value));
  if (option) return pickText(option.label, locale);
  return `${value ?? ""}${field?.unit && value !== "" ? ` ${field.unit}` : ""}`;
}

/** Why an article is suggested, "Motor power: T5R5", with the option's label in place of its code. */
export function showReason(reason: string, fields: FormField[], locale: Locale): string {
  const [name = "", said = ""] = reason.split(/: (.*)/s);
  // Several fields may carry one label, such as a list of powers for each supply voltage.
  const options = fields.filter((field) => pickText(field.label, locale) === name).flatMap((field) => field.options);
  const words = said.toLowerCase();
  const option = options.find((one) => words === one.value.toLowerCase() || words.endsWith(` ${one.value.toLowerCase()}`));
  return option ? `${name}: ${pickText(option.label, locale)}` : reason;
}
