import { Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { IconPlug, Notice, PageHeader, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { hasFilter } from "../../shared/searchText.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { sessionsQuery } from "./api.ts";
import { PERIODS, SESSION_STATES, type Period, type SessionSearch } from "./search.ts";
import { SessionTable } from "./SessionTable.tsx";

export function SessionsPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/sessions" });
  const sessions = useInfiniteQuery(
    sessionsQuery({ state: search.state, period: search.period, station_identity: search.station, id_token: search.token }),
  );
  const isFiltered = hasFilter(search);
  return (
    <>
      <PageHeader title={t("sessions.title")} subtitle={t("sessions.subtitle")} />
      <Panel padded={false}>
        <SessionFilters search={search} />
        <QueryView
          query={sessions}
          isEmpty={(data) => allItems(data).length === 0}
          empty={
            <Notice
              icon={IconPlug}
              title={isFiltered ? t("common.noMatch") : t("sessions.empty")}
              text={isFiltered ? t("common.noMatchText") : t("sessions.emptyText")}
            />
          }
        >
          {(data) => (
            <SessionTable
              label={t("sessions.title")}
              sessions={allItems(data)}
              columns={["station", "state", "started", "id_token", "duration", "power", "energy", "cost"]}
            />
          )}
        </QueryView>
        <LoadMore query={sessions} />
      </Panel>
    </>
  );
}

function SessionFilters({ search }: { search: SessionSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/sessions" });
  const set = (change: Partial<SessionSearch>) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  const setSoon = useDebouncedCallback(set, 300);
  return (
    <Group p="md" gap="sm">
      <TextInput
        aria-label={t("sessions.byStation")}
        placeholder={t("sessions.byStation")}
        defaultValue={search.station}
        onChange={(event) => {
          setSoon({ station: event.currentTarget.value.trim() || undefined });
        }}
      />
      <TextInput
        aria-label={t("sessions.byToken")}
        placeholder={t("sessions.byToken")}
        defaultValue={search.token}
        onChange={(event) => {
          setSoon({ token: event.currentTarget.value.trim() || undefined });
        }}
      />
      <Select
        aria-label={t("sessions.byState")}
        placeholder={t("sessions.anyState")}
        clearable
        w={160}
        data={SESSION_STATES.map((state) => ({ value: state, label: t(`sessions.state.${state}`) }))}
        value={search.state ?? null}
        onChange={(state) => {
          set({ state: SESSION_STATES.find((one) => one === state) });
        }}
      />
      <Select
        aria-label={t("sessions.byPeriod")}
        placeholder={t("sessions.anyTime")}
        clearable
        w={160}
        data={(Object.keys(PERIODS) as Period[]).map((period) => ({ value: period, label: t(`sessions.period.${period}`) }))}
        value={search.period ?? null}
        onChange={(period) => {
          set({ period: (period ?? undefined) });
        }}
      />
    </Group>
  );
}
