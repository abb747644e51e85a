import { label, t } from "../app/i18n";

export type AudienceKind = "public" | "signed-in" | "tier" | "company" | "staff";
export const AUDIENCE_KINDS: AudienceKind[] = ["public", "signed-in", "tier", "company", "staff"];

/** The rule the server understands; null where the choice still needs a name. */
export function ruleOf(kind: AudienceKind, names: string[]): string | null {
  if (kind !== "tier" && kind !== "company") return kind;
  return names.length ? names.map((name) => `${kind}:${name}`).join(",") : null;
}

/** A rule in words: alternatives are joined by "or", terms that must all hold by "and". */
export function describeRule(rule: string | null | undefined, companyName: (slug: string) => string = (slug) => slug): string {
  return (rule || "public")
    .split(",")
    .map((alternative) => alternative.split("+").map((term) => describeTerm(term.trim(), companyName)).join(t("audience.and")))
    .join(t("audience.or"));
}

function describeTerm(term: string, companyName: (slug: string) => string): string {
  const [kind = "", name] = term.split(/:(.*)/s);
  if (name === undefined) return label("audience", kind);
  if (kind === "tier") return label("tier", name);
  if (kind === "company") return companyName(name);
  return `${label("audience", kind)} ${name}`;
}

export function isRestricted(rule: string | null | undefined): boolean {
  return Boolean(rule) && rule !== "public";
}
