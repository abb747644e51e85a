import { label } from "../app/i18n";

export function languagesOf(codes: string[] | undefined): string {
  return (codes ?? []).map((code) => label("lang", code)).join(", ");
}
