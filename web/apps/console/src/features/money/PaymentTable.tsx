import { Link } from "@tanstack/react-router";
import type { Payment, PaymentState } from "@voltway/api";
import { IconAlertTriangle, IconBan, IconCheck, IconClock, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { useFormat } from "../../shared/useFormat.ts";

export const PAYMENT_LOOK: Record<PaymentState, { tone: Tone; icon: Icon }> = {
  created: { tone: "unavailable", icon: IconClock },
  holding: { tone: "occupied", icon: IconClock },
  held: { tone: "occupied", icon: IconClock },
  capturing: { tone: "occupied", icon: IconClock },
  captured: { tone: "available", icon: IconCheck },
  releasing: { tone: "occupied", icon: IconClock },
  released: { tone: "unavailable", icon: IconBan },
  failed: { tone: "faulted", icon: IconAlertTriangle },
};

export function PaymentTable({ payments }: { payments: Payment[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
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
      {payments.map((payment) => (
        <tr key={payment.id}>
          <td>{format.exact(payment.created_at)}</td>
          <td>
            {payment.method} · {payment.provider}
          </td>
          <td>
            <StatusPill {...PAYMENT_LOOK[payment.state]} title={payment.reason ?? undefined}>
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
  );
}
