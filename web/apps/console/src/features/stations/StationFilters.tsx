import { Group, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { IconSearch } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocationNames } from "../locations/api.ts";
import { SavedViews } from "../views/SavedViews.tsx";
import { CONNECTOR_STATUSES, readStationSearch, type StationSearch } from "./search.ts";

const LINKS = { any: undefined, online: true, offline: false } as const;
type LinkFilter = keyof typeof LINKS;

export function StationFilters({ search }: { search: StationSearch }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/stations" });
  const locations = useLocationNames();
  const set = (change: Partial<StationSearch>) => void navigate({ search: (now) => ({ ...now, ...change }), replace: true });
  const setSoon = useDebouncedCallback(set, 300);
  // A view that is opened brings its own text into the field.
  const [opened, setOpened] = useState(0);
  const link = (Object.keys(LINKS) as LinkFilter[]).find((one) => LINKS[one] === search.online) ?? "any";
  return (
    <Group p="md" gap="sm">
      <TextInput
        key={opened}
        w={{ base: "100%", xs: 260 }}
        type="search"
        leftSection={<IconSearch size={16} stroke={1.8} />}
        aria-label={t("stations.filterText")}
        placeholder={t("stations.filterText")}
        defaultValue={search.text}
        onChange={(event) => {
          setSoon({ text: event.currentTarget.value.trim() || undefined });
        }}
      />
      <SegmentedControl
        aria-label={t("stations.filterLink")}
        value={link}
        data={(Object.keys(LINKS) as LinkFilter[]).map((one) => ({ value: one, label: t(`stations.link.${one}`) }))}
        onChange={(value) => {
          set({ online: LINKS[value] });
        }}
      />
      <Select
        aria-label={t("stations.filterStatus")}
        placeholder={t("stations.anyStatus")}
        clearable
        w={{ base: "100%", xs: 170 }}
        data={CONNECTOR_STATUSES.map((status) => ({ value: status, label: t(`status.${status}`) }))}
        value={search.status ?? null}
        onChange={(value) => {
          set({ status: CONNECTOR_STATUSES.find((status) => status === value) });
        }}
      />
      <Select
        aria-label={t("stations.filterLocation")}
        placeholder={t("stations.anyLocation")}
        clearable
        searchable
        w={{ base: "100%", xs: 210 }}
        data={locations.options}
        value={search.location ?? null}
        onChange={(value) => {
          set({ location: value ?? undefined });
        }}
      />
      <SavedViews
        list="stations"
        search={search}
        onOpen={(kept) => {
          void navigate({ search: readStationSearch(kept) });
          setOpened((count) => count + 1);
        }}
      />
    </Group>
  );
}
