import { Text } from "@mantine/core";
import type { Session } from "@voltway/api";
import { IconReceipt, Notice, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { useFormat } from "../../shared/useFormat.ts";

/** What the session costs, line by line, as it is billed. */
export function CostTable({ session }: { session: Session }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { cost, cost_excl_vat: net, cost_lines: lines } = session;
  const title = session.state === "ended" ? t("sessions.cost") : t("sessions.costSoFar");
  if (cost === null) {
    return (
      <Panel title={title}>
        <Notice icon={IconReceipt} title={t("sessions.noTariff")} text={t("sessions.noTariffText")} />
      </Panel>
    );
  }
  const vat = net === null ? null : { minor: cost.minor - net.minor, currency: cost.currency };
  return (
    <Panel title={title} padded={false}>
      <DataTable
        label={title}
        columns={[
          { label: t("sessions.line.description") },
          { label: t("sessions.line.quantity"), isNumeric: true },
          { label: t("sessions.line.price"), isNumeric: true },
          { label: t("sessions.line.vat"), isNumeric: true },
          { label: t("sessions.line.amount"), isNumeric: true },
        ]}
      >
        {lines.map((line, index) => (
          <tr key={index}>
            <td>{line.description}</td>
            <td data-num>
              {format.quantity(line.quantity)} {line.unit}
            </td>
            <td data-num>{format.rate(line.unit_price, cost.currency)}</td>
            <td data-num>{format.quantity(line.vat_percent)} %</td>
            <td data-num>{format.money(line.amount)}</td>
          </tr>
        ))}
        {vat && (
          <tr>
            <td colSpan={4}>
              <Text size="sm" c="dimmed">
                {t("sessions.vatSum")}
              </Text>
            </td>
            <td data-num>{format.money(vat)}</td>
          </tr>
        )}
        <tr>
          <td colSpan={4}>
            <b>{t("sessions.total")}</b>
          </td>
          <td data-num>
            <b>{format.money(cost)}</b>
          </td>
        </tr>
      </DataTable>
    </Panel>
  );
}
