import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { ActionButton, IconChargingPile, IconPlus, Notice, PageHeader, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { hasFilter } from "../../shared/searchText.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { AddStationDialog } from "./AddStationDialog.tsx";
import { stationsQuery } from "./api.ts";
import { StationFilters } from "./StationFilters.tsx";
import { StationTable } from "./StationTable.tsx";

export function StationsPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/stations" });
  const stations = useInfiniteQuery(stationsQuery(search));
  const [isAdding, { open, close }] = useDisclosure(false);
  const isFiltered = hasFilter(search);
  const refusal = useRefusal("stations:write");
  const add = (
    <ActionButton leftSection={<IconPlus size={17} />} disabledReason={refusal} onClick={open}>
      {t("stations.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("stations.title")} subtitle={t("stations.subtitle")} actions={add} />
      <Panel padded={false}>
        <StationFilters search={search} />
        <QueryView
          query={stations}
          isEmpty={(data) => allItems(data).length === 0}
          empty={
            <Notice
              icon={IconChargingPile}
              title={isFiltered ? t("common.noMatch") : t("stations.empty")}
              text={isFiltered ? t("common.noMatchText") : t("stations.emptyText")}
              action={isFiltered ? null : add}
            />
          }
        >
          {(data) => <StationTable stations={allItems(data)} />}
        </QueryView>
        <LoadMore query={stations} />
      </Panel>
      <AddStationDialog isOpen={isAdding} onClose={close} />
    </>
  );
}
