/** A refusal of the server in its own words (RFC 9457), or a failure to reach it at all (`status` 0). */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly title: string;
  /** What kind of refusal it is: the last word of the problem's type, such as `step-up-required`. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly correlationId: string | undefined;
  /** What a program needs to go on, such as the ticket of a log-in's second step. */
  readonly context: Readonly<Record<string, unknown>>;

  constructor(problem: { status: number; title: string; type?: unknown; detail?: unknown; correlation_id?: unknown; context?: unknown }) {
    const detail = typeof problem.detail === "string" ? problem.detail : undefined;
    super(detail ?? problem.title);
    this.status = problem.status;
    this.title = problem.title;
    this.code = typeof problem.type === "string" ? problem.type.replace(/^.*[/:#]/, "") : "";
    this.detail = detail;
    this.context = typeof problem.context === "object" && problem.context !== null ? { ...problem.context } : {};
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
