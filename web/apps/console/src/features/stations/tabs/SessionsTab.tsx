import { useInfiniteQuery } from "@tanstack/react-query";
import type { ChargingStation } from "@voltway/api";
import { IconPlug, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { LoadMore } from "../../../shared/LoadMore.tsx";
import { allItems } from "../../../shared/pages.ts";
import { QueryView } from "../../../shared/QueryView.tsx";
import { sessionsQuery } from "../../sessions/api.ts";
import { SessionTable } from "../../sessions/SessionTable.tsx";

export function SessionsTab({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const sessions = useInfiniteQuery(sessionsQuery({ station_id: station.id }));
  return (
    <>
      <QueryView
        query={sessions}
        isEmpty={(data) => allItems(data).length === 0}
        empty={<Notice icon={IconPlug} title={t("sessions.empty")} text={t("sessions.emptyText")} />}
      >
        {(data) => (
          <SessionTable
            label={t("stations.tab.sessions")}
            sessions={allItems(data)}
            columns={["started", "evse", "state", "id_token", "duration", "power", "energy", "cost"]}
          />
        )}
      </QueryView>
      <LoadMore query={sessions} />
    </>
  );
}
