import { queryOptions } from "@tanstack/react-query";
import { client, take, type DocumentKind, type PaymentState } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";

export const moneyKeys = {
  payments: ["payments"] as const,
  documents: ["documents"] as const,
  ledger: ["ledger"] as const,
};

export function paymentsQuery(state: PaymentState | undefined, payer_id?: string) {
  return listOf([...moneyKeys.payments, state, payer_id], (page, signal) =>
    client.GET("/api/v1/payments", { params: { query: { ...page, state, payer_id } }, signal }),
  );
}

export function documentsQuery(kind: DocumentKind | undefined) {
  return listOf([...moneyKeys.documents, kind], (page, signal) =>
    client.GET("/api/v1/documents", { params: { query: { ...page, kind } }, signal }),
  );
}

export const accountsQuery = queryOptions({
  queryKey: [...moneyKeys.ledger, "accounts"],
  queryFn: ({ signal }) => take(client.GET("/api/v1/ledger/accounts", { signal })),
});

export const trialBalanceQuery = queryOptions({
  queryKey: [...moneyKeys.ledger, "trial-balance"],
  queryFn: ({ signal }) => take(client.GET("/api/v1/ledger/trial-balance", { signal })),
});

export const differencesQuery = listOf([...moneyKeys.ledger, "differences"], (page, signal) =>
  client.GET("/api/v1/ledger/differences", { params: { query: { ...page, state: "open" } }, signal }),
);

export function useReconcile() {
  return useChange(() => take(client.POST("/api/v1/ledger/reconciliations")), {
    stale: [moneyKeys.ledger],
    done: ({ differences }) => i18next.t("money.reconciled", { count: differences }),
  });
}

export function useVerifyLedger() {
  return useChange(() => take(client.GET("/api/v1/ledger/verification")), { stale: [] });
}
