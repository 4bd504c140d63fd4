import { Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { PaymentState } from "@voltway/api";
import { IconReceipt, Notice, PageHeader } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { paymentsQuery } from "./api.ts";
import { PAYMENT_LOOK, PaymentTable } from "./PaymentTable.tsx";

const STATES = Object.keys(PAYMENT_LOOK) as PaymentState[];

/** What drivers pay: what is held, taken and given back. */
export function PaymentsPage() {
  const { t } = useTranslation();
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
        {(items) => <PaymentTable payments={items} />}
      </ListPanel>
    </>
  );
}
