export { client, newKey, setCsrfToken, take, whenProofNeeded, whenSignedOut } from "./client.ts";
export { ProblemError } from "./problem.ts";
export { askPasskey, canOfferPasskeys, hasPasskeys, makePasskey } from "./webauthn.ts";
export type * from "./types.ts";
export { COMMANDS } from "./commands.ts";
export type { CommandField } from "./commandFields.ts";
