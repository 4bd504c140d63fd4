import { useQuery } from "@tanstack/react-query";
import type { Session } from "@voltway/api";
import { Facts, Panel } from "@voltway/ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { sessionDriverQuery } from "./api.ts";

export function SessionFacts({ session }: { session: Session }) {
  const { t } = useTranslation();
  const format = useFormat();
  const driver = useQuery(sessionDriverQuery(session.id)).data?.driver_id;
  const instant = (at: string | null) => (at === null ? null : format.exact(at));
  const register = (wh: number | null) => (wh === null ? null : format.energy(wh));
  const rows: [string, ReactNode][] = [
    [t("sessions.fact.idToken"), session.id_token && <span className="vw-mono">{session.id_token}</span>],
    [t("drivers.driver"), driver ? <AnchorLink key="driver" {...paths.driver(driver)}>{t("drivers.open")}</AnchorLink> : null],
    [t("sessions.fact.evse"), session.evse_number === null ? null : `${session.evse_number} / ${session.connector_number ?? format.unknown}`],
    [t("sessions.fact.started"), instant(session.started_at)],
    [t("sessions.fact.chargingEnded"), instant(session.charging_ended_at)],
    [t("sessions.fact.ended"), instant(session.ended_at)],
    [t("sessions.fact.unplugged"), instant(session.unplugged_at)],
    [t("sessions.fact.stopReason"), session.stop_reason],
    [t("sessions.fact.meterStart"), register(session.meter_start_wh)],
    [t("sessions.fact.meterStop"), register(session.meter_stop_wh)],
    [t("sessions.fact.transaction"), session.transaction_id && <span className="vw-mono">{session.transaction_id}</span>],
    [t("sessions.fact.visit"), session.visit_id && <span className="vw-mono">{session.visit_id}</span>],
    [t("sessions.fact.id"), <span className="vw-mono" key="id">{session.id}</span>],
  ];
  return (
    <Panel title={t("sessions.facts")}>
      <Facts rows={rows.filter(([, value]) => value !== null && value !== "")} />
    </Panel>
  );
}
