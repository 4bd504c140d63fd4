import createClient, { type Middleware } from "openapi-fetch";
import { ProblemError, readProblem } from "./problem.ts";
import type { paths } from "./schema.d.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);


let csrfToken: string | null = null;
let onSignedOut: (() => void) | undefined;
let proveAgain: (() => Promise<boolean>) | undefined;

/** Where a 401 says that a proof was wrong, not that a log-in is over. */
const PROOFS = /^\/api\/v1\/(login|me$|me\/step-up)/;

/** Keeps the token that the session cookie's writes need; it lives in memory only. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Calls back when the server no longer knows the caller, whatever was being asked. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/** Asks a person to prove again who they are, when the server wants it before a dangerous act; false: they would not. */
export function whenProofNeeded(ask: (() => Promise<boolean>) | undefined): void {
  proveAgain = ask;
}

const session: Middleware = {
  onRequest({ request }) {
    if (SAFE_METHODS.has(request.method)) return;
    if (csrfToken !== null) request.headers.set("X-CSRF-Token", csrfToken);
    // A payment has a key of its own, which was kept before it is sent.
    if (!request.headers.has("Idempotency-Key")) request.headers.set("Idempotency-Key", newKey());
  },
  async onResponse({ response, schemaPath }) {
    if (response.ok) return;
    const problem = await readProblem(response);
    if (problem.status === 401 && !PROOFS.test(schemaPath)) onSignedOut?.();
    throw problem;
  },
  onError({ error }) {
    if (error instanceof ProblemError || (error instanceof DOMException && error.name === "AbortError")) return;
    return new ProblemError({ status: 0, title: "The server cannot be reached" });
  },
};

/** `crypto.randomUUID` exists on secure origins only; a console opened by address over plain HTTP has none. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends a request; where the server first wants a proof of who asks, the person is asked for it and the request sent again. */
async function sendProving(request: Request): Promise<Response> {
  const again = proveAgain ? request.clone() : undefined;
  const response = await globalThis.fetch(request);
  if (!again || !proveAgain || response.status !== 403) return response;
  if ((await readProblem(response.clone())).code !== "step-up-required" || !(await proveAgain())) return response;
  if (!SAFE_METHODS.has(again.method)) {
    if (csrfToken !== null) again.headers.set("X-CSRF-Token", csrfToken);
    again.headers.set("Idempotency-Key", newKey());
  }
  return globalThis.fetch(again);
}

export const client = createClient<paths>({
  baseUrl: globalThis.location.origin,
  credentials: "same-origin",
  fetch: sendProving,
});
client.use(session);

/** The body of an answer; every refusal has already become a ProblemError. */
export async function take<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  if (data === undefined) throw new ProblemError({ status: 0, title: "The server sent an empty answer" });
  return data;
}
