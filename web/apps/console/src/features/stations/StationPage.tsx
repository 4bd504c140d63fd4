import { Alert, Stack } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { IconHourglassHigh, IconShieldOff } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { sessionsQuery } from "../sessions/api.ts";
import { stationQuery } from "./api.ts";
import { EvseCards } from "./EvseCards.tsx";
import { StationHeader } from "./StationHeader.tsx";
import { StationPower } from "./StationPower.tsx";
import { StationTabs } from "./StationTabs.tsx";

export function StationPage() {
  const { t } = useTranslation();
  const { stationId } = useParams({ from: "/shell/stations/$stationId" });
  const station = useQuery(stationQuery(stationId));
  const active = useInfiniteQuery(sessionsQuery({ state: "active", station_id: stationId }));
  const sessions = active.data ? allItems(active.data) : [];
  return (
    <QueryView query={station}>
      {(loaded) => (
        <Stack gap="md">
          <StationHeader station={loaded} sessions={sessions} />
          {loaded.registration === "pending" && (
            <Alert color="orange" variant="light" icon={<IconHourglassHigh size={18} />} title={t("stations.pending")}>
              {t("stations.pendingText")}
            </Alert>
          )}
          {loaded.security_profile === 0 && (
            <Alert color="orange" variant="light" icon={<IconShieldOff size={18} />} title={t("stations.insecure")}>
              {t("stations.insecureText")}
            </Alert>
          )}
          <EvseCards station={loaded} sessions={sessions} />
          <StationPower sessions={sessions} />
          <StationTabs station={loaded} />
        </Stack>
      )}
    </QueryView>
  );
}
