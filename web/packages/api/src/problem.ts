/** A refusal of the server in its own words (RFC 9457), or a failure to reach it at all (`status` 0). */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly correlationId: string | undefined;

  constructor(problem: { status: number; title: string; detail?: unknown; correlation_id?: unknown }) {
    const detail = typeof problem.detail === "string" ? problem.detail : undefined;
    super(detail ?? problem.title);
    this.status = problem.status;
    this.title = problem.title;
    this.detail = detail;
    this.correlationId = typeof problem.correlation_id === "string" ? problem.correlation_id : undefined;
  }

  get isUnreachable(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Reads a refused response; one that is no problem document becomes a problem with its status line. */
export async function readProblem(response: Response): Promise<ProblemError> {
  const fallback = { status: response.status, title: response.statusText || `HTTP ${response.status}` };
  if (!(response.headers.get("Content-Type") ?? "").includes("json")) return new ProblemError(fallback);
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== "object" || body === null) return new ProblemError(fallback);
  const title = "title" in body && typeof body.title === "string" ? body.title : fallback.title;
  return new ProblemError({ ...body, status: response.status, title });
}
