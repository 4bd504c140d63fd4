import { Grid, SimpleGrid } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { PageHeader, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../shared/QueryView.tsx";
import { ActiveSessions } from "./ActiveSessions.tsx";
import { ActivityList } from "./ActivityList.tsx";
import { overviewQuery } from "./api.ts";
import { OverviewTiles } from "./OverviewTiles.tsx";
import { PowerCurve } from "./PowerCurve.tsx";
import { StationMap } from "./StationMap.tsx";
import { StatusBars } from "./StatusBars.tsx";

export function OverviewPage() {
  const { t } = useTranslation();
  const overview = useQuery(overviewQuery);
  return (
    <>
      <PageHeader title={t("overview.title")} subtitle={t("overview.subtitle")} />
      <OverviewTiles overview={overview.data} />
      <Grid gap="md" mt="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Panel title={t("overview.power")} isTall>
            <QueryView query={overview}>{({ power_history }) => <PowerCurve history={power_history} />}</QueryView>
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Panel title={t("overview.byStatus")} isTall>
            <QueryView query={overview}>
              {({ stations, connectors }) => (
                <SimpleGrid cols={{ base: 1, sm: 2, lg: 1 }} spacing="lg">
                  <StatusBars label={t("overview.connectors")} counts={connectors} />
                  <StatusBars label={t("overview.stations")} counts={stations.by_status} offline={stations.total - stations.online} />
                </SimpleGrid>
              )}
            </QueryView>
          </Panel>
        </Grid.Col>
        <Grid.Col span={12}>
          <StationMap />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <ActiveSessions />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <ActivityList />
        </Grid.Col>
      </Grid>
    </>
  );
}
