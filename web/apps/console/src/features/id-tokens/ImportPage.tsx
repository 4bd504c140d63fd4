import { Button, FileInput, Group, Stack, Text } from "@mantine/core";
import type { ImportResult } from "@voltway/api";
import { ActionButton, Callout, IconArrowLeft, IconCheck, IconCopy, IconUpload, IconX, PageHeader, Panel, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { problemText } from "../../shared/problemText.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useImportIdTokens } from "./api.ts";

const BYTES_MAX = 4 * 1024 * 1024;
const ROWS_SHOWN = 500;

const LOOK: Record<ImportResult["rows"][number]["outcome"], { tone: Tone; icon: Icon }> = {
  added: { tone: "available", icon: IconCheck },
  exists: { tone: "occupied", icon: IconCopy },
  repeated: { tone: "warning", icon: IconCopy },
  wrong: { tone: "faulted", icon: IconX },
};

/** Cards from a CSV file: first looked at, then added; each row says what became of it. */
export function ImportPage() {
  const { t } = useTranslation();
  const [file, setFile] = useState<File | null>(null);
  const run = useImportIdTokens();
  const refusal = useRefusal("tokens:write");
  const lack = refusal ?? (!file ? t("cards.fileMissing") : file.size > BYTES_MAX ? t("cards.fileLarge") : undefined);
  const start = async (is_dry_run: boolean) => {
    if (file) run.mutate({ text: await file.text(), is_dry_run });
  };
  const result = run.data;
  return (
    <>
      <PageHeader
        above={
          <AnchorLink {...paths.idTokens()} mb={6} display="inline-flex" style={{ alignItems: "center", gap: 5 }}>
            <IconArrowLeft size={15} aria-hidden="true" /> {t("idTokens.title")}
          </AnchorLink>
        }
        title={t("cards.import")}
        subtitle={t("cards.importText")}
      />
      <Stack>
        <Panel>
          <Group align="flex-end">
            <FileInput
              flex={1}
              maw={420}
              label={t("cards.file")}
              placeholder={t("common.choose")}
              accept=".csv,text/csv"
              leftSection={<IconUpload size={16} />}
              value={file}
              onChange={(chosen) => {
                run.reset();
                setFile(chosen);
              }}
            />
            <ActionButton variant="default" disabledReason={lack} loading={run.isPending} onClick={() => void start(true)}>
              {t("cards.look")}
            </ActionButton>
            <ActionButton disabledReason={lack} loading={run.isPending} onClick={() => void start(false)}>
              {t("cards.importNow")}
            </ActionButton>
          </Group>
          <Text size="xs" c="dimmed" mt="xs" className="vw-mono">
            value,kind,status,expires_at,group,user_id,concurrent_max,language,message,location_ids
          </Text>
        </Panel>
        {run.error && (
          <Callout tone="faulted" role="alert">
            {problemText(run.error)}
          </Callout>
        )}
        {result && <Result result={result} />}
      </Stack>
    </>
  );
}

function Result({ result }: { result: ImportResult }) {
  const { t } = useTranslation();
  const [showsAll, setShowsAll] = useState(false);
  const rows = showsAll ? result.rows : result.rows.filter((row) => row.outcome !== "added");
  return (
    <Panel
      padded={false}
      title={<span role="status">{t(result.is_saved ? "cards.imported" : "cards.wouldImport", { added: result.added, not: result.not_added })}</span>}
      actions={
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            setShowsAll(!showsAll);
          }}
        >
          {showsAll ? t("cards.onlyProblems") : t("cards.allRows")}
        </Button>
      }
    >
      {rows.length > 0 && (
        <DataTable label={t("cards.result")} columns={[{ label: t("cards.line"), isNumeric: true }, { label: t("cards.outcomeLabel") }, { label: t("cards.why") }]}>
          {rows.slice(0, ROWS_SHOWN).map((row) => (
            <tr key={row.line}>
              <td data-num>{row.line}</td>
              <td>
                <StatusPill {...LOOK[row.outcome]}>{t(`cards.outcome.${row.outcome}`)}</StatusPill>
              </td>
              <td data-wrap>{row.errors.map((error) => Object.values(error).join(": ")).join("; ")}</td>
            </tr>
          ))}
        </DataTable>
      )}
      {rows.length > ROWS_SHOWN && (
        <Text size="sm" p="md">
          {t("cards.moreRows", { count: rows.length - ROWS_SHOWN })}
        </Text>
      )}
    </Panel>
  );
}
