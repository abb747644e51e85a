const KEY = "jieda:ticket-draft";

/** Carries what is already known into the ticket form on the next page, once. */
export function carryDraft(values: Record<string, unknown>): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(values));
  } catch {
    // storage is forbidden here; the form then starts empty
  }
}

export function takeDraft(): Record<string, unknown> {
  try {
    const kept = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    return JSON.parse(kept ?? "{}") as Record<string, unknown>;
  } catch {
    return {};
  }
}
