import { Link } from "@tanstack/react-router";
import type { Ticket } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { PriorityPill, TicketStatePill } from "./pills.tsx";

export function TicketTable({ tickets }: { tickets: Ticket[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DataTable
      label={t("tickets.title")}
      columns={[
        { label: t("tickets.subject") },
        { label: t("tickets.stateLabel") },
        { label: t("tickets.priorityLabel") },
        { label: t("tickets.kindLabel") },
        { label: t("tickets.station") },
        { label: t("tickets.assignee") },
        { label: t("tickets.changed") },
      ]}
    >
      {tickets.map((ticket) => (
        <LinkedRow key={ticket.id}>
          <td data-wrap>
            <Link {...paths.ticket(ticket.id)}>{ticket.subject}</Link>
          </td>
          <td>
            <TicketStatePill state={ticket.state} />
          </td>
          <td>
            <PriorityPill priority={ticket.priority} />
          </td>
          <td>{t(`tickets.kind.${ticket.kind}`)}</td>
          <td>{ticket.station_identity ?? format.unknown}</td>
          <td>{ticket.assignee ?? format.unknown}</td>
          <td>
            <Age at={ticket.changed_at} />
          </td>
        </LinkedRow>
      ))}
    </DataTable>
  );
}
