import { Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { PaymentState } from "@voltway/api";
import { IconAlertTriangle, IconBan, IconCheck, IconClock, IconReceipt, Notice, PageHeader, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { paymentsQuery } from "./api.ts";

const LOOK: Record<PaymentState, { tone: Tone; icon: Icon }> = {
  created: { tone: "unavailable", icon: IconClock },
  holding: { tone: "occupied", icon: IconClock },
  held: { tone: "occupied", icon: IconClock },
  capturing: { tone: "occupied", icon: IconClock },
  captured: { tone: "available", icon: IconCheck },
  releasing: { tone: "occupied", icon: IconClock },
  released: { tone: "unavailable", icon: IconBan },
  failed: { tone: "faulted", icon: IconAlertTriangle },
};
const STATES = Object.keys(LOOK) as PaymentState[];

/** What drivers pay: what is held, taken and given back. */
export function PaymentsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const [state, setState] = useState<PaymentState | undefined>();
  const payments = useInfiniteQuery(paymentsQuery(state));
  return (
    <>
      <PageHeader title={t("money.payments")} subtitle={t("money.paymentsText")} />
      <ListPanel
        query={payments}
        filters={
          <Select
            w={220}
            clearable
            aria-label={t("money.state")}
            placeholder={t("money.state")}
            data={STATES.map((value) => ({ value, label: t(`money.paymentState.${value}`) }))}
            value={state ?? null}
            onChange={(value) => {
              setState(STATES.find((one) => one === value));
            }}
          />
        }
        empty={<Notice icon={IconReceipt} title={state ? t("common.noMatch") : t("money.noPayments")} />}
      >
        {(items) => (
          <DataTable
            label={t("money.payments")}
            columns={[
              { label: t("money.at") },
              { label: t("money.method") },
              { label: t("money.state") },
              { label: t("money.held"), isNumeric: true },
              { label: t("money.captured"), isNumeric: true },
              { label: t("money.refunded"), isNumeric: true },
              { label: t("money.session") },
            ]}
          >
            {items.map((payment) => (
              <tr key={payment.id}>
                <td>{format.exact(payment.created_at)}</td>
                <td>
                  {payment.method} · {payment.provider}
                </td>
                <td>
                  <StatusPill {...LOOK[payment.state]} title={payment.reason ?? undefined}>
                    {t(`money.paymentState.${payment.state}`)}
                  </StatusPill>
                </td>
                <td data-num>{format.money(payment.held)}</td>
                <td data-num>{format.money(payment.captured)}</td>
                <td data-num>{format.money(payment.refunded)}</td>
                <td>{payment.session_id ? <Link {...paths.session(payment.session_id)}>{t("money.show")}</Link> : format.unknown}</td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
    </>
  );
}
