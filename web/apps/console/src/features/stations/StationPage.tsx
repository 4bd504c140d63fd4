import { Grid, Stack } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Callout, IconHourglassHigh, IconShieldOff } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { sessionsQuery } from "../sessions/api.ts";
import { StationCause } from "../timeline/StationCause.tsx";
import { stationQuery } from "./api.ts";
import { EvseCards } from "./EvseCards.tsx";
import { StationHeader } from "./StationHeader.tsx";
import { StationPower } from "./StationPower.tsx";
import { StationTabs } from "./StationTabs.tsx";

/** So many EVSEs leave room for the power curve beside them. */
const FEW_EVSES = 2;

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
          {loaded.registration === "accepted" && <StationCause station={loaded} />}
          {loaded.registration === "pending" && (
            <Callout icon={IconHourglassHigh} title={t("stations.pending")}>
              {t("stations.pendingText")}
            </Callout>
          )}
          {loaded.security_profile === 0 && (
            <Callout icon={IconShieldOff} title={t("stations.insecure")}>
              {t("stations.insecureText")}
            </Callout>
          )}
          {loaded.evses.length <= FEW_EVSES && sessions.length > 0 ? (
            <Grid gap="md">
              <Grid.Col span={{ base: 12, md: 5, lg: 4 }}>
                <EvseCards station={loaded} sessions={sessions} columns={1} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 7, lg: 8 }}>
                <StationPower sessions={sessions} height={loaded.evses.length === 1 ? 150 : 240} />
              </Grid.Col>
            </Grid>
          ) : (
            <>
              <EvseCards station={loaded} sessions={sessions} columns={{ base: 1, sm: 2, lg: 3, xl: 4 }} />
              <StationPower sessions={sessions} height={180} />
            </>
          )}
          <StationTabs station={loaded} />
        </Stack>
      )}
    </QueryView>
  );
}
