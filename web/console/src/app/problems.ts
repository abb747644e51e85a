import { ApiError } from "@jieda/api-client";
import { dictionary, t, type Key } from "./i18n";

/** One polite sentence for a refusal, in the reader's language where the code is known. */
export function problemText(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  if (error.code === "ticket_taken") return takenText(error);
  if (error.code === "invalid_input") return t("error.invalid_input", { detail: inputDetail(error) });
  const known = `error.${error.code}`;
  if (known in dictionary) return t(known as Key);
  return byStatus(error);
}

function takenText(error: ApiError): string {
  const name = nameOf(error.problem.assignee) ?? nameOf(error.problem.assignee_name);
  return name ? t("error.ticket_taken", { name }) : t("error.ticket_taken.unknown");
}

function nameOf(value: unknown): string | null {
  if (typeof value === "string") return value || null;
  const name = (value as { name?: unknown } | null)?.name;
  return typeof name === "string" ? name : null;
}

function inputDetail(error: ApiError): string {
  const errors = error.problem.errors ?? [];
  if (!errors.length) return error.message;
  return errors.map(({ loc, msg }) => `${loc.filter((step) => step !== "body").join(".")}: ${msg}`).join("; ");
}

function byStatus(error: ApiError): string {
  if (error.status === 401) return t("error.unauthorized");
  if (error.status === 403) return t("error.forbidden");
  if (error.status === 404) return t("error.not_found");
  if (error.status === 429) return t("error.rate_limited");
  if (error.status >= 500) return t("error.server", { status: error.status });
  return error.message;
}
