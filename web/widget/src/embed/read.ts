type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;
export type Filled = { fields: Record<string, string>; draft: string };

/** Kinds of input that say who someone is, or nothing, but never what they need. */
const NEVER = new Set(["password", "hidden", "file", "email", "tel", "submit", "button", "reset", "image"]);
const PERSONAL = /\b(cc-|[\w-]*name\b|email|tel|street|address|postal|bday|one-time|current-password|new-password)/;

/** What is filled into a form, in its visible words; long text counts as the draft of a question. */
export function readForm(form: HTMLFormElement): Filled {
  const filled: Filled = { fields: {}, draft: "" };
  for (const control of form.elements) {
    if (!isTelling(control)) continue;
    const value = valueOf(control);
    if (!value) continue;
    if (control instanceof HTMLTextAreaElement) filled.draft = [filled.draft, value].filter(Boolean).join("\n");
    else filled.fields[labelOf(control)] = value;
  }
  return filled;
}

function isTelling(control: Element): control is Control {
  const known = control instanceof HTMLInputElement || control instanceof HTMLSelectElement || control instanceof HTMLTextAreaElement;
  if (!known || control.disabled || NEVER.has(control.type)) return false;
  return !PERSONAL.test(control.autocomplete) && !control.closest("[data-jieda-ignore],[hidden]");
}

function valueOf(control: Control): string {
  if (control instanceof HTMLSelectElement) {
    const chosen = [...control.selectedOptions].filter((option) => option.value);
    return chosen.map((option) => clean(option.textContent)).join(", ");
  }
  if (control.type === "checkbox" || control.type === "radio") {
    return (control as HTMLInputElement).checked ? ownLabel(control) || control.value : "";
  }
  return control.value.trim();
}

/** The question a control answers; of a radio button that is the legend of its group. */
function labelOf(control: Control): string {
  if (control.type === "radio") {
    const legend = control.closest("fieldset")?.querySelector("legend")?.textContent;
    return clean(legend) || control.name || ownLabel(control);
  }
  return ownLabel(control) || control.name || control.id;
}

function ownLabel(control: Control): string {
  const label = clean(control.labels?.[0]?.textContent) || control.getAttribute("aria-label") || "";
  return (label || ("placeholder" in control ? control.placeholder : "")).replace(/\s*[*:：]+\s*$/, "");
}

function clean(text: string | null | undefined): string {
  return (text ?? "").replace(/\s+/g, " ").trim();
}
