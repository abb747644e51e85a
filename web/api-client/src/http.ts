import type { Me, Problem } from "./types";

/** A refusal by the API (RFC 9457), or `code: "network"` when nothing answered at all. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
  }
  get status(): number {
    return this.problem.status;
  }
  get code(): string {
    return this.problem.code;
  }
}

export type RequestOptions = {
  method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  body?: unknown;
  query?: Record<string, string | number | boolean | null | undefined>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

const SAFE = new Set(["GET", "HEAD"]);

export class ApiClient {
  /** null: not asked yet; "": nobody is signed in, so there is nothing to protect. */
  private csrf: string | null = null;

  /** `origin` is where the API lives ("" = this page's origin). */
  constructor(readonly origin = "") {
    this.origin = origin.replace(/\/+$/, "");
  }

  /** True where the session cookie travels along; on a foreign origin every caller is anonymous. */
  get sameOrigin(): boolean {
    return !this.origin || this.origin === globalThis.location?.origin;
  }

  url(path: string, query: RequestOptions["query"] = {}): string {
    const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const search = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
    const head = path.startsWith("/api/") ? path : `/api/v1${path}`;
    return `${this.origin}${head}${search ? `?${search}` : ""}`;
  }

  /** Who is asking; also renews the CSRF token, which changes with every log-in and log-out. */
  async me(): Promise<Me> {
    const me = await this.request<Me>("/auth/me");
    this.csrf = me.csrf_token ?? "";
    return me;
  }

  async login(email: string, password: string): Promise<Me> {
    const me = await this.request<Me>("/auth/login", { method: "POST", body: { email, password } });
    this.csrf = me.csrf_token ?? "";
    return me;
  }

  async logout(): Promise<void> {
    await this.request("/auth/logout", { method: "POST" });
    this.csrf = null;
  }

  /** Calls the API and returns its JSON. Throws `ApiError`. */
  async request<T = void>(path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.send(path, options);
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  }

  /** Like `request`, for callers who read the body themselves (files, event streams). */
  async send(path: string, options: RequestOptions = {}, retried = false): Promise<Response> {
    const unsafe = !SAFE.has(options.method ?? "GET");
    if (unsafe && this.csrf === null && this.sameOrigin) await this.me();
    const response = await this.fetch(path, options, unsafe);
    if (response.ok) return response;
    const problem = await readProblem(response);
    if (unsafe && !retried && problem.code.startsWith("csrf")) {
      this.csrf = null; // another tab logged in or out and the token went stale
      return this.send(path, options, true);
    }
    throw new ApiError(problem);
  }

  private async fetch(path: string, options: RequestOptions, unsafe: boolean): Promise<Response> {
    const { body, type } = encode(options.body);
    const headers: Record<string, string> = { Accept: "application/json", ...type, ...options.headers };
    if (unsafe && this.csrf) headers["X-CSRF-Token"] = this.csrf;
    try {
      return await fetch(this.url(path, options.query), {
        method: options.method ?? "GET",
        headers,
        body,
        credentials: this.sameOrigin ? "same-origin" : "omit",
        signal: options.signal ?? null,
      });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError({ title: "Network", status: 0, code: "network" });
    }
  }
}

function encode(body: unknown): { body: BodyInit | null; type: Record<string, string> } {
  if (body === undefined) return { body: null, type: {} };
  if (body instanceof FormData) return { body, type: {} }; // the browser writes the boundary itself
  return { body: JSON.stringify(body), type: { "Content-Type": "application/json" } };
}

async function readProblem(response: Response): Promise<Problem> {
  const fallback: Problem = {
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    code: `http_${response.status}`,
  };
  try {
    return { ...fallback, ...((await response.json()) as Partial<Problem>) };
  } catch {
    return fallback; // a proxy's HTML page is not a problem document
  }
}
