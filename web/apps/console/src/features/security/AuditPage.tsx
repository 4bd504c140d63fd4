import { Box, Button, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { AuditEntry, AuditVerification } from "@voltway/api";
import { Callout, Facts, IconDownload, IconHistory, IconShieldCheck, Notice, PageHeader } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { auditFilter, auditQuery, useVerifyAudit } from "./api.ts";
import { changesOf } from "./diff.ts";
import { readAuditSearch, type AuditSearch } from "./search.ts";

/** Who did what, when, from where; each entry is bound to the one before it. */
export function AuditPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/audit" });
  const entries = useInfiniteQuery(auditQuery(search));
  const verify = useVerifyAudit();
  const [opened, setOpened] = useState<AuditEntry | null>(null);
  const change = useDebouncedCallback((values: AuditSearch) => {
    void navigate({ ...paths.audit(), search: readAuditSearch({ ...search, ...values }), replace: true });
  }, 300);
  const isFiltered = Object.keys(search).length > 0;
  return (
    <>
      <PageHeader
        title={t("audit.title")}
        subtitle={t("audit.subtitle")}
        actions={
          <>
            <Button component="a" href={exportUrl(search)} download variant="default" leftSection={<IconDownload size={17} />}>
              {t("audit.export")}
            </Button>
            <Button
              leftSection={<IconShieldCheck size={17} />}
              loading={verify.isPending}
              onClick={() => {
                verify.mutate();
              }}
            >
              {t("audit.verify")}
            </Button>
          </>
        }
      />
      {verify.data && (
        <Box mb="md">
          <Verification result={verify.data} />
        </Box>
      )}
      <ListPanel
        query={entries}
        filters={(["actor", "action", "text", "since", "until"] as const).map((name) => (
          <TextInput
            key={name}
            w={name === "since" || name === "until" ? 150 : 190}
            type={name === "since" || name === "until" ? "date" : "search"}
            label={t(`audit.filter.${name}`)}
            defaultValue={search[name] ?? ""}
            onChange={(event) => {
              change({ [name]: event.currentTarget.value });
            }}
          />
        ))}
        empty={<Notice icon={IconHistory} title={isFiltered ? t("common.noMatch") : t("audit.empty")} text={isFiltered && t("common.noMatchText")} />}
      >
        {(items) => (
          <DataTable
            label={t("audit.title")}
            columns={[
              { label: t("audit.number"), isNumeric: true },
              { label: t("audit.at") },
              { label: t("audit.filter.actor") },
              { label: t("audit.filter.action") },
              { label: t("audit.target") },
              { label: t("me.from") },
              { label: t("reason.label") },
            ]}
          >
            {items.map((entry) => (
              <tr key={entry.number}>
                <td data-num>{entry.number}</td>
                <td>{format.exact(entry.at)}</td>
                <td>{entry.actor_name || entry.actor_kind}</td>
                <td>
                  <Button
                    variant="transparent"
                    size="compact-sm"
                    px={0}
                    classNames={{ label: "vw-mono" }}
                    onClick={() => {
                      setOpened(entry);
                    }}
                  >
                    {entry.action}
                  </Button>
                </td>
                <td className="vw-mono" title={entry.target_id}>
                  {entry.target_kind} {entry.target_id.slice(0, 8)}
                </td>
                <td className="vw-mono">{entry.address ?? format.unknown}</td>
                <td data-wrap>{entry.reason ?? format.unknown}</td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
      {opened && (
        <EntryDialog
          entry={opened}
          onClose={() => {
            setOpened(null);
          }}
        />
      )}
    </>
  );
}

function exportUrl(search: AuditSearch): string {
  const query = new URLSearchParams({ form: "csv" });
  for (const [name, value] of Object.entries(auditFilter(search))) if (value) query.set(name, value);
  return `/api/v1/audit-entries/export?${query.toString()}`;
}

function Verification({ result }: { result: AuditVerification }) {
  const { t } = useTranslation();
  if (result.broken) {
    return (
      <Callout tone="faulted" role="alert" title={t("audit.broken", { number: result.broken.number })}>
        {result.broken.says}
      </Callout>
    );
  }
  return (
    <Box role="status" className="vw-callout" style={{ background: "var(--vw-available-bg)", color: "var(--vw-available-fg)" }}>
      <IconShieldCheck size={19} aria-hidden="true" />
      <div>
        <strong>{t("audit.whole", { count: result.entries })}</strong>
        {result.is_anchored ? t("audit.anchored") : t("audit.notAnchored")} <span className="vw-mono">{result.hash}</span>
      </div>
    </Box>
  );
}

function EntryDialog({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const changes = changesOf(entry.before, entry.after);
  const text = (value: unknown) => (value === undefined ? format.unknown : typeof value === "string" ? value : JSON.stringify(value));
  return (
    <Modal
      opened
      size="xl"
      onClose={onClose}
      title={<Text fw={650}>{t("audit.entry", { number: entry.number, action: entry.action })}</Text>}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <Stack>
        <Facts
          rows={[
            [t("audit.at"), format.exact(entry.at)],
            [t("audit.filter.actor"), `${entry.actor_name} (${entry.actor_kind})`],
            [t("audit.target"), `${entry.target_kind} ${entry.target_id}`],
            [t("me.from"), entry.address ?? format.unknown],
            ...(entry.reason ? ([[t("reason.label"), entry.reason]] as [string, string][]) : []),
            [t("audit.correlation"), entry.correlation_id ?? format.unknown],
            [t("audit.hash"), entry.hash],
          ]}
        />
        {changes.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t("audit.noChanges")}
          </Text>
        ) : (
          <DataTable label={t("audit.changes")} columns={[{ label: t("audit.field") }, { label: t("audit.before") }, { label: t("audit.after") }]}>
            {changes.map((one) => (
              <tr key={one.field}>
                <td className="vw-mono">{one.field}</td>
                <td data-wrap className="vw-mono">
                  {text(one.before)}
                </td>
                <td data-wrap className="vw-mono">
                  <strong>{text(one.after)}</strong>
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </Stack>
    </Modal>
  );
}
