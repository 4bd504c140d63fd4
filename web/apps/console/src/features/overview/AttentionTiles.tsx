import { useQuery } from "@tanstack/react-query";
import { IconChartBar, IconLifebuoy, IconRadar, Tile } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { AnchorLink } from "../../shared/links.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { COUNTED_MAX, openIncidentsQuery, openTicketsQuery, successQuery } from "./api.ts";

/** What asks for somebody: how many charges come about, what was noticed, who waits. Whoever may not see one of them has no tile of it. */
export function AttentionTiles() {
  const maySee = {
    reports: useRefusal("reports:read") === undefined,
    incidents: useRefusal("incidents:read") === undefined,
    tickets: useRefusal("tickets:read") === undefined,
  };
  return (
    <>
      {maySee.reports && <SuccessTile />}
      {maySee.incidents && <IncidentsTile />}
      {maySee.tickets && <TicketsTile />}
    </>
  );
}

function SuccessTile() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, isLoading } = useQuery(successQuery);
  return (
    <Tile
      label={t("overview.success")}
      icon={IconChartBar}
      isLoading={isLoading}
      value={format.percent(data?.percent, 1)}
      hint={data ? t("overview.attempts", { count: data.attempts }) : t("overview.lastDays")}
    />
  );
}

function IncidentsTile() {
  const { t } = useTranslation();
  const { data, isLoading } = useQuery(openIncidentsQuery);
  const critical = data?.filter(({ severity }) => severity === "critical").length ?? 0;
  return (
    <Tile
      label={t("overview.incidents")}
      icon={IconRadar}
      isLoading={isLoading}
      value={<Count of={data} to="/incidents" />}
      hint={critical > 0 ? t("overview.critical", { count: critical }) : t("overview.noneCritical")}
    />
  );
}

function TicketsTile() {
  const { t } = useTranslation();
  const { data, isLoading } = useQuery(openTicketsQuery);
  const unassigned = data?.filter(({ assignee_id }) => assignee_id === null).length ?? 0;
  return (
    <Tile
      label={t("overview.tickets")}
      icon={IconLifebuoy}
      isLoading={isLoading}
      value={<Count of={data} to="/tickets" />}
      hint={t("overview.unassigned", { count: unassigned })}
    />
  );
}

function Count({ of, to }: { of: unknown[] | undefined; to: "/incidents" | "/tickets" }) {
  const format = useFormat();
  if (of === undefined) return format.unknown;
  return (
    <AnchorLink to={to} inherit>
      {of.length < COUNTED_MAX ? format.number(of.length) : `${format.number(COUNTED_MAX)}+`}
    </AnchorLink>
  );
}
