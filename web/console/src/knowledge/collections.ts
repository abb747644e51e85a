import type { Collection } from "@jieda/api-client";
import { label, pick } from "../app/i18n";

/** A collection as the reader calls it: the vendor's name, or our word where it only has its slug ("default"). */
export function collectionName(slug: string | null | undefined, collections: Collection[] | null): string {
  const name = pick(collections?.find((one) => one.slug === slug)?.name);
  return name && name !== slug ? name : label("collection", slug);
}
