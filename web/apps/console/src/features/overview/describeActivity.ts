import type { CommandState, SessionState } from "@voltway/api";
import type { TFunction } from "i18next";
import type { Activity } from "../../live/activity.ts";
import { SESSION_STATES } from "../sessions/search.ts";
import { CONNECTOR_STATUSES } from "../stations/search.ts";

const COMMAND_STATES: CommandState[] = ["pending", "sent", "accepted", "rejected", "failed", "timed_out", "offline"];

/** Says in a few words what happened; a word of the server that is new to us stays as it is. */
export function describeActivity(t: TFunction, { kind, state }: Activity): string {
  if (state === null) return t("activity.changed");
  if (kind === "session") {
    const known: SessionState | undefined = SESSION_STATES.find((one) => one === state);
    return known ? t(`activity.session_${known}`) : state;
  }
  if (kind === "command") {
    const known = COMMAND_STATES.find((one) => one === state);
    return known ? t("activity.commandState", { state: t(`commands.state.${known}`) }) : state;
  }
  if (state === "offline") return t("activity.offline");
  if (state === "online") return t("activity.online");
  const known = CONNECTOR_STATUSES.find((one) => one === state);
  return known ? t("activity.status", { status: t(`status.${known}`) }) : state;
}
