import { Chip, Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { Session } from "@voltway/api";
import { IconPlug, Notice, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ExportButton } from "../../shared/ExportButton.tsx";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { hasFilter } from "../../shared/searchText.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { sortingOf } from "../../shared/sorting.ts";
import { SavedViews } from "../views/SavedViews.tsx";
import { getSessions, sessionsQuery } from "./api.ts";
import { maySortByEnergy, PERIODS, readSessionSearch, SESSION_SORTS, SESSION_STATES, type Period, type SessionSearch } from "./search.ts";
import { SessionTable } from "./SessionTable.tsx";

const PAGE = 100;

const COLUMNS = {
  id: (one: Session) => one.id,
  station: (one: Session) => one.station_identity,
  evse: (one: Session) => one.evse_number,
  state: (one: Session) => one.state,
  started_at: (one: Session) => one.started_at,
  ended_at: (one: Session) => one.ended_at,
  id_token: (one: Session) => one.id_token,
  energy_wh: (one: Session) => one.energy_wh,
  cost_minor: (one: Session) => one.cost?.minor,
  currency: (one: Session) => one.cost?.currency,
  stop_reason: (one: Session) => one.stop_reason,
};

export function SessionsPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/sessions" });
  const navigate = useNavigate({ from: "/sessions" });
  const { sort: wanted, ...filters } = search;
  const sort = wanted?.endsWith("energy") && !maySortByEnergy(search) ? undefined : wanted;
  const filter = { state: search.state, period: search.period, station_identity: search.station, id_token: search.token, awaits_review: search.review, sort };
  const sessions = useInfiniteQuery(sessionsQuery(filter, PAGE));
  const isFiltered = hasFilter(filters);
  const setSort = (value: string) => void navigate({ search: (now) => ({ ...now, sort: SESSION_SORTS.find((one) => one === value) }), replace: true });
  const sorting = {
    started: sortingOf("created", sort ?? "-created", setSort, "descending"),
    ...(maySortByEnergy(search) && { energy: sortingOf("energy", sort, setSort, "descending") }),
  };
  return (
    <>
      <PageHeader
        title={t("sessions.title")}
        subtitle={t("sessions.subtitle")}
        actions={<ExportButton name="sessions" columns={COLUMNS} get={(cursor) => getSessions(filter, cursor)} />}
      />
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
              sorting={sorting}
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
  // A view that is opened brings its own texts into the fields.
  const [opened, setOpened] = useState(0);
  const setSoon = useDebouncedCallback(set, 300);
  return (
    <Group p="md" gap="sm">
      <TextInput
        w={{ base: "100%", xs: 160 }}
        key={`station ${String(opened)}`}
        aria-label={t("sessions.byStation")}
        placeholder={t("sessions.byStation")}
        defaultValue={search.station}
        onChange={(event) => {
          setSoon({ station: event.currentTarget.value.trim() || undefined });
        }}
      />
      <TextInput
        w={{ base: "100%", xs: 160 }}
        key={`token ${String(opened)}`}
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
      <Chip
        checked={search.review ?? false}
        onChange={(isOn) => {
          set({ review: isOn || undefined });
        }}
      >
        {t("sessions.onlyReview")}
      </Chip>
      <SavedViews
        list="sessions"
        search={search}
        onOpen={(kept) => {
          void navigate({ search: readSessionSearch(kept) });
          setOpened((count) => count + 1);
        }}
      />
    </Group>
  );
}
