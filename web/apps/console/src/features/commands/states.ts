import type { CommandState } from "@voltway/api";

export const COMMAND_STATES = [
  "pending",
  "sent",
  "accepted",
  "rejected",
  "failed",
  "timed_out",
  "offline",
] as const satisfies CommandState[];
