import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Session } from "@voltway/api";
import { IconActivity, IconPlug, IconChargingPile, IconTerminal2, Notice, Panel, type Icon } from "@voltway/ui";
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
const ICONS: Record<Activity["kind"], Icon> = { station: IconChargingPile, session: IconPlug, command: IconTerminal2 };

/** What happened lately: the latest sessions to begin with, then every change as it comes in. */
export function ActivityList() {
  const { t } = useTranslation();
  const live = useActivity();
  const recent = useInfiniteQuery(sessionsQuery({}, SHOWN));
  const known = new Set(live.map(({ id, what }) => `${id}:${what}`));
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
    stationId: session.station_id,
    stationIdentity: session.station_identity,
    what: session.state,
  };
}

function ActivityRow({ item }: { item: Activity }) {
  const { t } = useTranslation();
  const { stationId } = item;
  const station = useQuery({ ...stationQuery(stationId ?? ""), enabled: stationId !== null && item.stationIdentity === null });
  const name = item.stationIdentity ?? station.data?.identity ?? t(`activity.${item.kind}`);
  const RowIcon = ICONS[item.kind];
  return (
    <li>
      <RowIcon size={18} stroke={1.7} aria-hidden="true" />
      <div>
        {item.kind === "session" && <Link {...paths.session(item.id)}>{name}</Link>}
        {item.kind === "station" && <Link {...paths.station(item.id)}>{name}</Link>}
        {item.kind === "command" && (stationId === null ? <b>{name}</b> : <Link {...paths.station(stationId)} search={{ tab: "commands" }}>{name}</Link>)}
        <span>{describeActivity(t, item)}</span>
      </div>
      <small>
        <Age at={item.at} />
      </small>
    </li>
  );
}
