import { Box, Group, SimpleGrid, Stack, Text, Title, VisuallyHidden, type SimpleGridProps } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ChargingStation, Connector, Evse, Session } from "@voltway/api";
import { IconPlug, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useNow } from "../../shared/useNow.ts";
import { sessionSeconds } from "../sessions/sessionSeconds.ts";
import classes from "./EvseCards.module.css";
import { plugName } from "./plugName.ts";
import { ConnectorStatusPill } from "./StationStatus.tsx";

interface EvseCardsProps {
  station: ChargingStation;
  sessions: Session[];
  columns: SimpleGridProps["cols"];
}

export function EvseCards({ station, sessions, columns = 1 }: EvseCardsProps) {
  const { t } = useTranslation();
  if (station.evses.length === 0) {
    return (
      <Box className="vw-card">
        <Notice icon={IconPlug} title={t("stations.noEvses")} text={t("stations.noEvsesText")} />
      </Box>
    );
  }
  return (
    <SimpleGrid cols={columns} spacing="md">
      {station.evses.map((evse) => (
        <EvseCard key={evse.evse_number} evse={evse} session={sessions.find(({ evse_number }) => evse_number === evse.evse_number)} />
      ))}
    </SimpleGrid>
  );
}

function EvseCard({ evse, session }: { evse: Evse; session: Session | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const charging = evse.charging_state;
  return (
    <Box component="section" className={`vw-card ${classes.card ?? ""}`} aria-label={t("stations.evse", { number: evse.evse_number })}>
      <Group justify="space-between" px="md" pt="sm">
        <Title order={2}>{t("stations.evse", { number: evse.evse_number })}</Title>
        <Text size="xs" c="dimmed">
          {[charging && t(charging === "Charging" ? "sessions.state.active" : `sessions.chargingState.${charging}`), evse.power_w_max == null ? null : t("stations.upTo", { power: format.powerRating(evse.power_w_max) })]
            .filter(Boolean)
            .join(" · ")}
        </Text>
      </Group>
      <Stack gap={6} px="md" py="xs">
        {evse.connectors.map((connector) => (
          <ConnectorRow key={connector.connector_number} connector={connector} />
        ))}
      </Stack>
      {session ? <SessionStrip session={session} /> : <div className={classes.idle}>{t("stations.noSession")}</div>}
    </Box>
  );
}

function ConnectorRow({ connector }: { connector: Connector }) {
  const { t } = useTranslation();
  const { status, wire_status, error_code, vendor_error_code, info, type, status_at } = connector;
  const errors = [error_code, vendor_error_code, info].filter((text) => text && text !== "NoError");
  return (
    <div>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Group gap={8} wrap="nowrap">
          <ConnectorStatusPill status={status} />
          {wire_status !== null && wire_status !== status && (
            <Text size="xs" c="dimmed" title={t("stations.wireStatus")}>
              {wire_status}
            </Text>
          )}
        </Group>
        <Text size="xs" c="dimmed" ta="right">
          {type === null ? t("stations.connector", { number: connector.connector_number }) : plugName(t, type)}
          {status_at !== null && (
            <>
              {" · "}
              <Age at={status_at} />
            </>
          )}
        </Text>
      </Group>
      {errors.length > 0 && (
        <Text size="xs" c="var(--vw-faulted-fg)" mt={3}>
          {errors.join(" · ")}
        </Text>
      )}
    </div>
  );
}

function SessionStrip({ session }: { session: Session }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  return (
    <Link {...paths.session(session.id)} className={classes.strip}>
      <VisuallyHidden>{t("stations.openSession")}</VisuallyHidden>
      <span>
        <b>{format.power(session.power_w)}</b>
        <small>{t("sessions.column.power")}</small>
      </span>
      <span>
        <b>{format.energy(session.energy_wh)}</b>
        <small>{t("sessions.column.energy")}</small>
      </span>
      <span>
        <b>{format.duration(sessionSeconds(session, now))}</b>
        <small>{session.id_token ?? t("sessions.column.duration")}</small>
      </span>
    </Link>
  );
}
