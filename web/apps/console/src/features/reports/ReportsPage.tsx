import { Button, Group, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDownload, IconReceipt, Notice, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { reportQuery, reportUrl } from "./api.ts";
import { BarChart } from "./BarChart.tsx";
import { barsOf } from "./bars.ts";
import { groupsOf, KINDS, nameColumn, ofKind, shownColumns, type Kind, type ReportQuestion } from "./kinds.ts";
import { useFigures } from "./useFigures.ts";

const ALL_KINDS = Object.keys(KINDS) as Kind[];
const FORMATS = ["csv", "xlsx", "pdf"] as const;

/** Figures of a time, by day, month or place: as bars, as a table, and as a file. */
export function ReportsPage() {
  const { t } = useTranslation();
  const [question, setQuestion] = useState<ReportQuestion>(thisMonth);
  const report = useQuery(reportQuery(question));
  return (
    <>
      <PageHeader
        title={t("reports.title")}
        subtitle={t("reports.text")}
        actions={FORMATS.map((one) => (
          <Button key={one} component="a" href={reportUrl(question, one)} download variant="default" leftSection={<IconDownload size={17} />}>
            {one.toUpperCase()}
          </Button>
        ))}
      />
      <Panel padded={false}>
        <Question question={question} onAsk={setQuestion} />
        <QueryView query={report} isEmpty={({ rows }) => rows.length === 0} empty={<Notice icon={IconReceipt} title={t("reports.noRows")} />}>
          {({ columns, rows }) => <Answer question={question} columns={shownColumns(columns)} rows={rows} />}
        </QueryView>
      </Panel>
    </>
  );
}

function Question({ question, onAsk }: { question: ReportQuestion; onAsk: (question: ReportQuestion) => void }) {
  const { t } = useTranslation();
  const { heading } = useFigures();
  const groups = groupsOf(question.kind);
  return (
    <Group p="md" align="flex-end">
      <Select
        label={t("reports.kind")}
        allowDeselect={false}
        data={ALL_KINDS.map((value) => ({ value, label: t(`reports.kinds.${value}`) }))}
        value={question.kind}
        onChange={(kind) => {
          if (kind) onAsk(ofKind(question, kind));
        }}
      />
      <Select
        label={t("reports.groupBy")}
        clearable
        disabled={groups.length === 0}
        placeholder={t("reports.together")}
        data={groups.map((value) => ({ value, label: heading(nameColumn(value)) }))}
        value={question.groupBy}
        onChange={(groupBy) => {
          onAsk({ ...question, groupBy });
        }}
      />
      {(["since", "until"] as const).map((name) => (
        <TextInput
          key={name}
          type="date"
          required
          label={t(`reports.${name}`)}
          value={question[name]}
          onChange={(event) => {
            if (event.currentTarget.value) onAsk({ ...question, [name]: event.currentTarget.value });
          }}
        />
      ))}
    </Group>
  );
}

function Answer({ question, columns, rows }: { question: ReportQuestion; columns: string[]; rows: Record<string, unknown>[] }) {
  const { t } = useTranslation();
  const { figure, heading } = useFigures();
  const label = t(`reports.kinds.${question.kind}`);
  const measure = KINDS[question.kind].figure;
  const bars = barsOf(question, rows, today());
  const named = nameColumn(question.groupBy ?? "day");
  return (
    <>
      {bars.length > 0 && (
        <BarChart
          label={`${label}: ${heading(measure)}`}
          bars={bars.map(({ name, value, row }) => ({
            name: figure(named, name, row),
            value,
            text: figure(measure, value, row),
          }))}
        />
      )}
      <DataTable label={label} columns={columns.map((name) => ({ label: heading(name), isNumeric: typeof rows[0]?.[name] === "number" }))}>
        {rows.map((row, index) => (
          <tr key={index}>
            {columns.map((column) => (
              <td key={column} data-num={typeof row[column] === "number" ? "" : undefined}>
                {figure(column, row[column], row)}
              </td>
            ))}
          </tr>
        ))}
      </DataTable>
    </>
  );
}

function isoDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Here, not in Greenwich. */
function today(): string {
  const now = new Date();
  return isoDay(new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())));
}

function thisMonth(): ReportQuestion {
  const now = new Date();
  const first = new Date(Date.UTC(now.getFullYear(), now.getMonth(), 1));
  const next = new Date(Date.UTC(now.getFullYear(), now.getMonth() + 1, 1));
  return { kind: "revenue", since: isoDay(first), until: isoDay(next), groupBy: "day" };
}
