export { client, setCsrfToken, take, whenSignedOut } from "./client.ts";
export { ProblemError } from "./problem.ts";
export type * from "./types.ts";
