import { Grid, SimpleGrid, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { Sample, Session } from "@voltway/api";
import { IconPlug, IconBolt, IconClock, IconReceipt, PageHeader, Panel, Tile } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { AnchorLink, ButtonLink } from "../../shared/links.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useNow } from "../../shared/useNow.ts";
import { samplesQuery, sessionQuery } from "./api.ts";
import { OpenTicketButton } from "../desk/OpenTicketButton.tsx";
import { CostTable } from "./CostTable.tsx";
import { latestValue } from "./latestValue.ts";
import { ReviewAlert } from "./ReviewAlert.tsx";
import { SampleChart } from "./SampleChart.tsx";
import { SessionFacts } from "./SessionFacts.tsx";
import { sessionSeconds } from "./sessionSeconds.ts";
import { SessionStatePill } from "./SessionStatePill.tsx";
import { StopButton } from "./StopButton.tsx";

export function SessionPage() {
  const { sessionId } = useParams({ from: "/shell/sessions/$sessionId" });
  const session = useQuery(sessionQuery(sessionId));
  const samples = useQuery(samplesQuery(sessionId));
  return (
    <QueryView query={session}>
      {(loaded) => (
        <>
          <SessionHeader session={loaded} />
          <Stack gap="md">
            <ReviewAlert session={loaded} />
            <SessionTiles session={loaded} samples={samples.data ?? []} />
            <Panel>
              <QueryView query={samples}>{(points) => <SampleChart samples={points} isActive={loaded.state === "active"} />}</QueryView>
            </Panel>
            <Grid gap="md">
              <Grid.Col span={{ base: 12, md: 6 }}>
                <SessionFacts session={loaded} />
              </Grid.Col>
              <Grid.Col span={{ base: 12, md: 6 }}>
                <CostTable session={loaded} />
              </Grid.Col>
            </Grid>
          </Stack>
        </>
      )}
    </QueryView>
  );
}

function SessionHeader({ session }: { session: Session }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <PageHeader
      above={
        <AnchorLink {...paths.sessions()}>
          ← {t("sessions.title")}
        </AnchorLink>
      }
      title={t("sessions.oneTitle", { station: session.station_identity })}
      marks={<SessionStatePill session={session} />}
      subtitle={
        <>
          <AnchorLink {...paths.station(session.station_id)} underline="always">{session.station_identity}</AnchorLink>
          {session.evse_number !== null && ` · ${t("stations.evse", { number: session.evse_number })}`} · {format.dateTime(session.started_at)}
        </>
      }
      actions={
        <>
          <ButtonLink {...paths.station(session.station_id)} search={{ tab: "timeline", at: session.ended_at ?? session.started_at }} variant="default">
            {t("timeline.show")}
          </ButtonLink>
          <OpenTicketButton about={{ session_id: session.id }} />
          <StopButton session={session} />
        </>
      }
    />
  );
}

function SessionTiles({ session, samples }: { session: Session; samples: Sample[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const isActive = session.state === "active";
  const powers = samples.flatMap(({ power_w }) => (power_w === null ? [] : [power_w]));
  const power = session.power_w ?? latestValue(samples, "power_w");
  const soc = session.soc_percent ?? latestValue(samples, "soc_percent");
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing={{ base: "xs", sm: "md" }}>
      <Tile
        label={t("sessions.column.energy")}
        icon={IconPlug}
        value={format.energy(session.energy_wh)}
        hint={soc === null ? null : t("sessions.soc", { percent: format.percent(soc) })}
      />
      <Tile
        label={isActive ? t("sessions.powerNow") : t("sessions.powerMax")}
        icon={IconBolt}
        value={format.power(isActive ? power : powers.length > 0 ? Math.max(...powers) : null)}
        hint={isActive && powers.length > 0 ? t("sessions.upTo", { power: format.power(Math.max(...powers)) }) : null}
      />
      <Tile
        label={t("sessions.column.duration")}
        icon={IconClock}
        value={format.duration(sessionSeconds(session, now))}
        hint={session.ended_at === null ? t("sessions.since", { time: format.time(session.started_at) }) : `${format.time(session.started_at)} – ${format.time(session.ended_at)}`}
      />
      <Tile
        label={isActive ? t("sessions.costSoFar") : t("sessions.column.cost")}
        icon={IconReceipt}
        value={format.money(session.cost)}
        hint={session.cost === null ? t("sessions.noTariff") : t("sessions.inclVat")}
      />
    </SimpleGrid>
  );
}
