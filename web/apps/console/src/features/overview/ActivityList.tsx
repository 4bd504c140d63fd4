import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Session } from "@voltway/api";
import { IconActivity, IconBatteryCharging, IconChargingPile, IconTerminal2, Notice, Panel, type Icon } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import type { Activity } from "../../live/activity.ts";
import { useActivity } from "../../live/context.ts";
import { Age } from "../../shared/Age.tsx";
import { allItems } from "../../shared/pages.ts";
import { sessionsQuery } from "../sessions/api.ts";
import { stationQuery } from "../stations/api.ts";
import classes from "./ActivityList.module.css";
import { describeActivity } from "./describeActivity.ts";

const SHOWN = 12;
const ICONS: Record<Activity["kind"], Icon> = { station: IconChargingPile, session: IconBatteryCharging, command: IconTerminal2 };

/** What happened lately: the latest sessions to begin with, then every change as it comes in. */
export function ActivityList() {
  const { t } = useTranslation();
  const live = useActivity();
  const recent = useInfiniteQuery(sessionsQuery({}, SHOWN));
  const known = new Set(live.map(({ id, state }) => `${id}:${state ?? ""}`));
  const earlier = recent.data ? allItems(recent.data).map(asActivity).filter(({ key }) => !known.has(key)) : [];
  const items = [...live, ...earlier].sort((one, other) => Date.parse(other.at) - Date.parse(one.at)).slice(0, SHOWN);
  return (
    <Panel title={t("activity.title")} padded={false}>
      {items.length === 0 ? (
        <Notice icon={IconActivity} title={t("activity.empty")} text={t("activity.emptyText")} />
      ) : (
        <ol className={classes.list}>
          {items.map((item) => (
            <ActivityRow key={item.key} item={item} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function asActivity(session: Session): Activity {
  return {
    key: `${session.id}:${session.state}`,
    kind: "session",
    id: session.id,
    at: session.ended_at ?? session.started_at,
    stationIdentity: session.station_identity,
    state: session.state,
  };
}

function ActivityRow({ item }: { item: Activity }) {
  const { t } = useTranslation();
  const isStation = item.kind === "station";
  const station = useQuery({ ...stationQuery(item.id), enabled: isStation && item.stationIdentity === null });
  const name = item.stationIdentity ?? station.data?.identity;
  const text = describeActivity(t, item);
  const RowIcon = ICONS[item.kind];
  return (
    <li>
      <RowIcon size={18} stroke={1.7} aria-hidden="true" />
      <div>
        {isStation && <Link {...paths.station(item.id)}>{name ?? t("activity.station")}</Link>}
        {item.kind === "session" && <Link {...paths.session(item.id)}>{name ?? t("activity.session")}</Link>}
        {item.kind === "command" && <b>{name ?? t("activity.command")}</b>}
        <span>{text}</span>
      </div>
      <small>
        <Age at={item.at} />
      </small>
    </li>
  );
}
