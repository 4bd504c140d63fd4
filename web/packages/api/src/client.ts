import createClient, { type Middleware } from "openapi-fetch";
import { ProblemError, readProblem } from "./problem.ts";
import type { paths } from "./schema.d.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);


let csrfToken: string | null = null;
let onSignedOut: (() => void) | undefined;

/** Keeps the token that the session cookie's writes need; it lives in memory only. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Calls back when the server no longer knows the caller, whatever was being asked. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

const session: Middleware = {
  onRequest({ request }) {
    if (SAFE_METHODS.has(request.method)) return;
    if (csrfToken !== null) request.headers.set("X-CSRF-Token", csrfToken);
    request.headers.set("Idempotency-Key", newKey());
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    const problem = await readProblem(response);
    if (problem.status === 401 && schemaPath !== "/api/v1/login" && schemaPath !== "/api/v1/me") onSignedOut?.();
    throw problem;
  },
  onError({ error }) {
    if (error instanceof ProblemError || (error instanceof DOMException && error.name === "AbortError")) return;
    return new ProblemError({ status: 0, title: "The server cannot be reached" });
  },
};

/** `crypto.randomUUID` exists on secure origins only; a console opened by address over plain HTTP has none. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const client = createClient<paths>({
  baseUrl: globalThis.location.origin,
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});
client.use(session);

/** The body of an answer; every refusal has already become a ProblemError. */
export async function take<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new ProblemError({ status: 0, title: "The server sent an empty answer" });
  return data;
}
