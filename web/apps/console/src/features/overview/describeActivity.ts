import type { TFunction } from "i18next";
import type { Activity } from "../../live/activity.ts";
import { COMMAND_TYPES } from "../commands/forms.ts";
import { COMMAND_STATES } from "../commands/states.ts";
import { SESSION_STATES } from "../sessions/search.ts";
import { CONNECTOR_STATUSES } from "../stations/search.ts";

const STATION_NEWS = ["added", "edited", "retired", "booted", "online", "offline", "accepted"] as const;

/** Says in a few words what happened; a word of the server that is new to us stays as it is. */
export function describeActivity(t: TFunction, { kind, what, evseNumber, commandType }: Activity): string {
  if (kind === "session") {
    const state = SESSION_STATES.find((one) => one === what);
    return state ? t(`activity.session_${state}`) : what;
  }
  if (kind === "command") {
    const state = COMMAND_STATES.find((one) => one === what);
    const type = COMMAND_TYPES.find((one) => one === commandType);
    const name = type ? t(`commands.type.${type}`) : (commandType ?? t("activity.command"));
    return `${name}: ${state ? t(`commands.state.${state}`) : what}`;
  }
  const status = CONNECTOR_STATUSES.find((one) => one === what);
  if (status) {
    const word = t(`status.${status}`);
    return evseNumber === undefined ? t("activity.status", { status: word }) : t("activity.evseStatus", { number: evseNumber, status: word });
  }
  const news = STATION_NEWS.find((one) => one === what);
  return news ? t(`activity.news.${news}`) : what;
}
