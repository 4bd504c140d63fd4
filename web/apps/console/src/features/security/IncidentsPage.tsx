import { Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { IconSearch, IconShieldCheck, Notice, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { incidentsQuery } from "./api.ts";
import { IncidentStatePill, SeverityPill } from "./pills.tsx";
import { INCIDENT_STATES, readIncidentSearch, SEVERITIES, type IncidentSearch } from "./search.ts";

const REFRESH_MS = 30_000;

export function IncidentsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/incidents" });
  const incidents = useInfiniteQuery({ ...incidentsQuery(search), refetchInterval: REFRESH_MS });
  const change = (values: { [K in keyof IncidentSearch]?: string | null }) => {
    void navigate({ ...paths.incidents(), search: readIncidentSearch({ ...search, ...values }), replace: true });
  };
  const changeText = useDebouncedCallback((text: string) => {
    change({ text });
  }, 300);
  const isFiltered = Object.keys(search).length > 0;
  return (
    <>
      <PageHeader title={t("incidents.title")} subtitle={t("incidents.subtitle")} />
      <ListPanel
        query={incidents}
        filters={
          <>
            <TextInput
              type="search"
              w={260}
              leftSection={<IconSearch size={16} stroke={1.8} />}
              aria-label={t("incidents.search")}
              placeholder={t("incidents.search")}
              defaultValue={search.text ?? ""}
              onChange={(event) => {
                changeText(event.currentTarget.value);
              }}
            />
            <Select
              w={190}
              aria-label={t("incidents.stateLabel")}
              placeholder={t("incidents.notClosed")}
              clearable
              data={INCIDENT_STATES.map((value) => ({ value, label: t(`incidents.state.${value}`) }))}
              value={search.state ?? null}
              onChange={(state) => {
                change({ state });
              }}
            />
            <Select
              w={170}
              aria-label={t("incidents.severityLabel")}
              placeholder={t("incidents.severityLabel")}
              clearable
              data={SEVERITIES.map((value) => ({ value, label: t(`incidents.severity.${value}`) }))}
              value={search.severity ?? null}
              onChange={(severity) => {
                change({ severity });
              }}
            />
          </>
        }
        empty={
          <Notice
            icon={IconShieldCheck}
            title={isFiltered ? t("common.noMatch") : t("incidents.none")}
            text={isFiltered ? t("common.noMatchText") : t("incidents.noneText")}
          />
        }
      >
        {(items) => (
          <DataTable
            label={t("incidents.title")}
            columns={[
              { label: t("incidents.what") },
              { label: t("incidents.severityLabel") },
              { label: t("incidents.stateLabel") },
              { label: t("incidents.about") },
              { label: t("incidents.count"), isNumeric: true },
              { label: t("incidents.last") },
              { label: t("incidents.assignee") },
            ]}
          >
            {items.map((one) => (
              <LinkedRow key={one.id}>
                <td data-wrap>
                  <Link {...paths.incident(one.id)}>{one.title}</Link>
                </td>
                <td>
                  <SeverityPill severity={one.severity} />
                </td>
                <td>
                  <IncidentStatePill state={one.state} />
                </td>
                <td className="vw-mono">{one.station_identity ?? one.subject}</td>
                <td data-num>{one.count}</td>
                <td>
                  <Age at={one.last_at} />
                </td>
                <td>{one.assignee ?? format.unknown}</td>
              </LinkedRow>
            ))}
          </DataTable>
        )}
      </ListPanel>
    </>
  );
}
