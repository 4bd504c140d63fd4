import { Button, Group, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { FleetDetails, FleetStatementLine } from "@voltway/api";
import { IconDownload, IconFileInvoice, Notice, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { statementQuery, statementUrl } from "./api.ts";
import { statementMonths, statementTotals, type StatementTotal } from "./statements.ts";

/** What a month came to, by cost centre and vehicle. */
export function StatementsTab({ fleet }: { fleet: FleetDetails }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [now] = useState(Date.now);
  const months = statementMonths(fleet.created_at, now, fleet.time_zone);
  const [month, setMonth] = useState(months[0] ?? "");
  const statement = useQuery(statementQuery(fleet.id, month));
  return (
    <Panel
      padded={false}
      title={t("fleets.tab.statements")}
      actions={
        <Group gap="xs">
          <Select
            aria-label={t("fleets.month")}
            w={190}
            allowDeselect={false}
            data={months.map((value) => ({ value, label: format.month(value) }))}
            value={month}
            onChange={(value) => {
              if (value) setMonth(value);
            }}
          />
          <Button component="a" href={statementUrl(fleet.id, month)} download variant="default" leftSection={<IconDownload size={17} />}>
            {t("fleets.csv")}
          </Button>
        </Group>
      }
    >
      <QueryView
        query={statement}
        isEmpty={({ lines }) => lines.length === 0}
        empty={<Notice icon={IconFileInvoice} title={t("fleets.noLines")} text={t("fleets.noLinesText")} />}
      >
        {({ lines }) => <Lines lines={lines} />}
      </QueryView>
    </Panel>
  );
}

function Lines({ lines }: { lines: FleetStatementLine[] }) {
  const { t } = useTranslation();
  return (
    <DataTable
      label={t("fleets.tab.statements")}
      columns={[
        { label: t("fleets.costCentre") },
        { label: t("fleets.vehicle") },
        { label: t("fleets.sessions"), isNumeric: true },
        { label: t("fleets.energy"), isNumeric: true },
        { label: t("fleets.exclVat"), isNumeric: true },
        { label: t("fleets.inclVat"), isNumeric: true },
      ]}
    >
      {lines.map((line, index) => (
        <tr key={index}>
          <td>{line.cost_centre ?? t("fleets.noCostCentre")}</td>
          <td>{line.plate ?? t("fleets.noVehicle")}</td>
          <Figures of={line} />
        </tr>
      ))}
      {lines.length > 1 &&
        statementTotals(lines).map((total) => (
          <tr key={total.currency} style={{ fontWeight: 650 }}>
            <td colSpan={2}>{t("fleets.total")}</td>
            <Figures of={total} />
          </tr>
        ))}
    </DataTable>
  );
}

function Figures({ of: { sessions, energy_wh, currency, excl_vat_minor, incl_vat_minor } }: { of: StatementTotal }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <>
      <td data-num>{format.number(sessions)}</td>
      <td data-num>{format.energy(energy_wh)}</td>
      {currency === null ? (
        <td data-num colSpan={2}>
          {t("fleets.notPriced")}
        </td>
      ) : (
        [excl_vat_minor, incl_vat_minor].map((minor, index) => (
          <td key={index} data-num>
            {format.money(minor === null ? null : { minor, currency })}
          </td>
        ))
      )}
    </>
  );
}
