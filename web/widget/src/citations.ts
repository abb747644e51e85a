import type { Citation } from "@jieda/api-client";
import { safeHref, type CitationLinks } from "@jieda/ui/core";

/** Address of the cited passage on the site that answers, whatever page the widget stands on. */
export function citationHref(citation: Citation, origin: string): string {
  const href = safeHref(citation.url);
  if (!href) return "#";
  return new URL(href, origin || location.origin).toString();
}

export function citationLinks(citations: Citation[], origin: string): CitationLinks {
  return Object.fromEntries(
    citations.map((citation) => [citation.n, { href: citationHref(citation, origin), title: citation.title }]),
  );
}
