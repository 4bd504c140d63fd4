import { FileInput, Group, Progress, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { client, take } from "@voltway/api";
import { ActionButton, Callout, IconCheck, IconDownload, IconUpload, IconX, PageHeader, Panel, StatusPill } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { readCsv, writeCsv } from "../../shared/csv.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { download } from "../../shared/download.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { problemText } from "../../shared/problemText.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useLocationNames } from "../locations/api.ts";
import { stationKeys } from "./api.ts";
import { readStations, type StationRow } from "./stationRows.ts";

const BYTES_MAX = 1024 * 1024;

interface Outcome extends StationRow {
  password: string | null;
}

/** Stations from a CSV file: first looked at, then added one by one; each row says what became of it. */
export function ImportStationsPage() {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { options } = useLocationNames();
  const refusal = useRefusal("stations:write");
  const [file, setFile] = useState<File | null>(null);
  const [csv, setCsv] = useState<Record<string, string>[]>([]);
  const [outcomes, setOutcomes] = useState<Outcome[]>([]);
  const [isBusy, setIsBusy] = useState(false);
  const rows = readStations(csv, options, t);
  const good = rows.filter(({ error }) => error === null);
  const lack = refusal ?? (good.length === 0 ? t("stationImport.nothing") : outcomes.length > 0 ? t("stationImport.done") : undefined);

  const look = async (chosen: File | null) => {
    setFile(chosen);
    setOutcomes([]);
    setCsv(chosen && chosen.size <= BYTES_MAX ? readCsv(await chosen.text()) : []);
  };
  const add = async () => {
    setIsBusy(true);
    for (const row of good) {
      let outcome: Outcome = { ...row, password: null };
      try {
        const made = await take(client.POST("/api/v1/charging-stations", { body: row.body }));
        outcome = { ...row, password: made.password ?? null };
      } catch (error) {
        outcome = { ...row, error: problemText(error), password: null };
      }
      setOutcomes((now) => [...now, outcome]);
    }
    setIsBusy(false);
    await queryClient.invalidateQueries({ queryKey: stationKeys.all });
  };
  const shown: (StationRow | Outcome)[] = outcomes.length > 0 ? [...rows.filter(({ error }) => error !== null), ...outcomes] : rows;
  const added = outcomes.filter(({ error }) => error === null);
  return (
    <>
      <PageHeader above={<AnchorLink {...paths.stations()}>← {t("stations.title")}</AnchorLink>} title={t("stationImport.title")} subtitle={t("stationImport.text")} />
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
              onChange={(chosen) => void look(chosen)}
            />
            <ActionButton disabledReason={lack} loading={isBusy} onClick={() => void add()}>
              {t("stationImport.add", { count: good.length })}
            </ActionButton>
            <ActionButton
              variant="default"
              leftSection={<IconDownload size={16} />}
              disabledReason={added.some(({ password }) => password) ? undefined : t("stationImport.noPasswords")}
              onClick={() => {
                download("station-passwords.csv", writeCsv(["identity", "password"], added.map(({ body, password }) => [body.identity, password])), "text/csv");
              }}
            >
              {t("stationImport.passwords")}
            </ActionButton>
          </Group>
          <Text size="xs" c="dimmed" mt="xs" className="vw-mono">
            identity,location,security_profile
          </Text>
          {isBusy && <Progress mt="sm" value={(outcomes.length / good.length) * 100} aria-label={t("stationImport.title")} />}
        </Panel>
        {file && file.size > BYTES_MAX && <Callout tone="faulted">{t("stationImport.large")}</Callout>}
        {added.length > 0 && !isBusy && <Callout>{t("stationImport.keepPasswords")}</Callout>}
        {shown.length > 0 && (
          <Panel padded={false} title={<span role="status">{t("stationImport.result", { added: added.length, good: good.length, wrong: shown.filter(({ error }) => error !== null).length })}</span>}>
            <DataTable
              label={t("cards.result")}
              columns={[{ label: t("cards.line"), isNumeric: true }, { label: t("stations.column.identity") }, { label: t("cards.outcomeLabel") }, { label: t("cards.why") }]}
            >
              {shown.map((row) => (
                <tr key={row.line}>
                  <td data-num>{row.line}</td>
                  <td className="vw-mono">{row.body.identity}</td>
                  <td>
                    {row.error !== null ? (
                      <StatusPill tone="faulted" icon={IconX}>
                        {t("cards.outcome.wrong")}
                      </StatusPill>
                    ) : (
                      <StatusPill tone={"password" in row ? "available" : "unavailable"} icon={IconCheck}>
                        {t("password" in row ? "cards.outcome.added" : "stationImport.ready")}
                      </StatusPill>
                    )}
                  </td>
                  <td data-wrap>{row.error}</td>
                </tr>
              ))}
            </DataTable>
          </Panel>
        )}
      </Stack>
    </>
  );
}
