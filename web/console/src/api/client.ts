import { ApiClient, ApiError, type RequestOptions } from "@jieda/api-client";

export const api = new ApiClient();

let signedOut: () => void = () => undefined;

/** Who is told when the server no longer knows our session. */
export function whenSignedOut(tell: () => void): void {
  signedOut = tell;
}

/** `api.request`, and a lost session leads to the log-in page from wherever it is noticed. */
export async function call<T = void>(path: string, options: RequestOptions = {}): Promise<T> {
  try {
    return await api.request<T>(path, options);
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) signedOut();
    throw error;
  }
}

/** Ids that are safe to send again: the server drops what it has already seen. */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID exists on https pages only
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Part of a path; ids come from data and may hold anything. */
export function part(id: string | number): string {
  return encodeURIComponent(String(id));
}
