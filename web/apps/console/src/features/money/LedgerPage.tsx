import { Box, Button, Stack } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { ActionButton, Callout, IconCheck, IconShieldCheck, Notice, PageHeader, Panel } from "@voltway/ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { accountsQuery, differencesQuery, trialBalanceQuery, useReconcile, useVerifyLedger } from "./api.ts";

/** The books: whether they balance, what stands on each account, and what sessions, ledger and providers say differently. */
export function LedgerPage() {
  const { t } = useTranslation();
  const verify = useVerifyLedger();
  const reconcile = useReconcile();
  const refusal = useRefusal("ledger:write");
  return (
    <>
      <PageHeader
        title={t("money.ledger")}
        subtitle={t("money.ledgerText")}
        actions={
          <>
            <ActionButton
              variant="default"
              disabledReason={refusal}
              loading={reconcile.isPending}
              onClick={() => {
                reconcile.mutate(undefined);
              }}
            >
              {t("money.reconcile")}
            </ActionButton>
            <Button
              leftSection={<IconShieldCheck size={17} />}
              loading={verify.isPending}
              onClick={() => {
                verify.mutate(undefined);
              }}
            >
              {t("money.verify")}
            </Button>
          </>
        }
      />
      <Stack>
        {verify.data && (
          <Verdict isGood={verify.data.is_whole} title={t(verify.data.is_whole ? "money.whole" : "money.broken")}>
            {verify.data.broken?.says ?? t("money.postings", { count: verify.data.postings })}
          </Verdict>
        )}
        <Balances />
        <Accounts />
        <Differences />
      </Stack>
    </>
  );
}

function Verdict({ isGood, title, children }: { isGood: boolean; title: string; children: ReactNode }) {
  if (!isGood) {
    return (
      <Callout tone="faulted" role="alert" title={title}>
        {children}
      </Callout>
    );
  }
  return (
    <Box role="status" className="vw-callout" style={{ background: "var(--vw-available-bg)", color: "var(--vw-available-fg)" }}>
      <IconShieldCheck size={19} aria-hidden="true" />
      <div>
        <strong>{title}</strong> {children}
      </div>
    </Box>
  );
}

function Balances() {
  const { t } = useTranslation();
  const format = useFormat();
  const balances = useQuery(trialBalanceQuery);
  return (
    <QueryView query={balances} isEmpty={(items) => items.length === 0} empty={<Notice icon={IconCheck} title={t("money.nothingPosted")} />}>
      {(items) => (
        <>
          {items.map(({ currency, debits_minor, credits_minor, is_balanced }) => (
            <Verdict key={currency} isGood={is_balanced} title={t(is_balanced ? "money.balanced" : "money.notBalanced", { currency })}>
              {t("money.sides", {
                debits: format.money({ minor: debits_minor, currency }),
                credits: format.money({ minor: credits_minor, currency }),
              })}
            </Verdict>
          ))}
        </>
      )}
    </QueryView>
  );
}

function Accounts() {
  const { t } = useTranslation();
  const format = useFormat();
  const accounts = useQuery(accountsQuery);
  return (
    <Panel title={t("money.accounts")} padded={false}>
      <QueryView query={accounts} isEmpty={(items) => items.length === 0} empty={<Notice icon={IconCheck} title={t("money.nothingPosted")} />}>
        {(items) => (
          <DataTable
            label={t("money.accounts")}
            columns={[
              { label: t("money.account") },
              { label: t("money.balance"), isNumeric: true },
              { label: t("money.pending"), isNumeric: true },
            ]}
          >
            {items.map((one) => (
              <tr key={`${one.account} ${one.balance.currency}`}>
                <td className="vw-mono">{one.account}</td>
                <td data-num>{format.money(one.balance)}</td>
                <td data-num>{format.money(one.pending)}</td>
              </tr>
            ))}
          </DataTable>
        )}
      </QueryView>
    </Panel>
  );
}

function Differences() {
  const { t } = useTranslation();
  const format = useFormat();
  const differences = useInfiniteQuery(differencesQuery);
  return (
    <Box>
      <ListPanel query={differences} title={t("money.differences")} empty={<Notice icon={IconCheck} title={t("money.noDifferences")} />}>
        {(items) => (
          <DataTable
            label={t("money.differences")}
            columns={[
              { label: t("money.kind") },
              { label: t("money.subject") },
              { label: t("money.expected"), isNumeric: true },
              { label: t("money.found"), isNumeric: true },
              { label: t("money.at") },
            ]}
          >
            {items.map((one) => (
              <tr key={one.id}>
                <td>{one.kind}</td>
                <td className="vw-mono">{one.subject}</td>
                <td data-num>{format.money(one.expected)}</td>
                <td data-num>{format.money(one.found)}</td>
                <td>{format.exact(one.found_at)}</td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
    </Box>
  );
}
