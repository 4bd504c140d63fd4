import { Link } from "@tanstack/react-router";
import type { Session } from "@voltway/api";
import { IconAlertTriangle } from "@voltway/ui";
import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { LongTable } from "../../shared/LongTable.tsx";
import type { Sorting } from "../../shared/sorting.ts";
import { useFormat } from "../../shared/useFormat.ts";
import { useNow } from "../../shared/useNow.ts";
import { reviewText } from "./reviewText.ts";
import { sessionSeconds } from "./sessionSeconds.ts";
import { SessionStatePill } from "./SessionStatePill.tsx";

export type SessionColumn = "station" | "evse" | "state" | "started" | "id_token" | "power" | "energy" | "duration" | "cost";

interface SessionTableProps {
  label: string;
  sessions: Session[];
  columns: SessionColumn[];
  sorting?: Partial<Record<SessionColumn, Sorting>>;
}

const NUMERIC: ReadonlySet<SessionColumn> = new Set(["power", "energy", "duration", "cost"]);

export function SessionTable({ label, sessions, columns, sorting }: SessionTableProps) {
  const { t } = useTranslation();
  const headings = columns.map((column) => {
    const order = sorting?.[column];
    return { label: t(`sessions.column.${column}`), isNumeric: NUMERIC.has(column), ...(order && { sorting: order }) };
  });
  return (
    <LongTable label={label} items={sessions} columns={headings}>
      {(session) => <SessionRow key={session.id} session={session} columns={columns} />}
    </LongTable>
  );
}

function SessionRow({ session, columns }: { session: Session; columns: SessionColumn[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const isActive = session.state === "active";
  const cells: Record<SessionColumn, ReactNode> = {
    station: `${session.station_identity}${session.evse_number === null ? "" : ` · ${session.evse_number}`}`,
    evse: t("stations.evse", { number: session.evse_number ?? format.unknown }),
    state: <SessionStatePill session={session} />,
    started: format.dateTime(session.started_at),
    id_token: <span className="vw-mono">{session.id_token ?? format.unknown}</span>,
    power: isActive ? format.power(session.power_w) : "",
    energy: format.energy(session.energy_wh),
    duration: format.duration(sessionSeconds(session, now)),
    cost: format.money(session.cost),
  };
  return (
    <LinkedRow>
      {columns.map((column, index) => (
        <td key={column} data-num={NUMERIC.has(column) ? "" : undefined}>
          {index === 0 ? (
            <>
              <Link {...paths.session(session.id)}>{cells[column]}</Link>
              {session.review.length > 0 && <ReviewMark reasons={session.review} />}
            </>
          ) : (
            cells[column]
          )}
        </td>
      ))}
    </LinkedRow>
  );
}

function ReviewMark({ reasons }: { reasons: string[] }) {
  const { t } = useTranslation();
  const text = reasons.map((reason) => reviewText(t, reason)).join(" · ");
  return (
    <Tooltip label={text}>
      <IconAlertTriangle size={16} stroke={2} color="var(--vw-warning-mark)" style={{ marginLeft: 6, verticalAlign: -3 }} aria-label={text} role="img" />
    </Tooltip>
  );
}
