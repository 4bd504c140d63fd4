import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ChargingStation } from "@voltway/api";
import { ActionButton, IconChargingPile, IconListDetails, IconPlus, IconUpload, Notice, PageHeader, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { ExportButton } from "../../shared/ExportButton.tsx";
import { ButtonLink } from "../../shared/links.tsx";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { hasFilter } from "../../shared/searchText.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { AddStationDialog } from "./AddStationDialog.tsx";
import { BulkBar } from "../bulk/BulkBar.tsx";
import { allStations, getStations, stationsQuery } from "./api.ts";
import { STATION_SORTS } from "./search.ts";
import { StationFilters } from "./StationFilters.tsx";
import { StationTable } from "./StationTable.tsx";
import { useChoice } from "./useChoice.ts";

const COLUMNS = {
  identity: (one: ChargingStation) => one.identity,
  vendor: (one: ChargingStation) => one.vendor,
  model: (one: ChargingStation) => one.model,
  serial_number: (one: ChargingStation) => one.serial_number,
  firmware_version: (one: ChargingStation) => one.firmware_version,
  protocol: (one: ChargingStation) => one.protocol,
  registration: (one: ChargingStation) => one.registration,
  status: (one: ChargingStation) => one.status,
  is_online: (one: ChargingStation) => one.is_online,
  last_seen_at: (one: ChargingStation) => one.last_seen_at,
  evses: (one: ChargingStation) => one.evses.length,
};

export function StationsPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/shell/stations" });
  const stations = useInfiniteQuery(stationsQuery(search));
  const [isAdding, { open, close }] = useDisclosure(false);
  const navigate = useNavigate({ from: "/stations" });
  const { sort, ...filters } = search;
  const isFiltered = hasFilter(filters);
  const choice = useChoice();
  const chooseAll = useMutation({
    mutationFn: () => allStations(search),
    onSuccess: (found) => {
      choice.choose(found.map(({ id }) => id), true);
    },
  });
  const hasMore = stations.hasNextPage || (stations.data && allItems(stations.data).some(({ id }) => !choice.chosen.has(id)));
  const refusal = useRefusal("stations:write");
  const importMany = (
    <ButtonLink {...paths.stationImport()} variant="default" leftSection={<IconUpload size={17} />}>
      {t("stationImport.title")}
    </ButtonLink>
  );
  const add = (
    <ActionButton leftSection={<IconPlus size={17} />} disabledReason={refusal} onClick={open}>
      {t("stations.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("stations.title")} subtitle={t("stations.subtitle")} actions={
          <>
            <ExportButton name="stations" columns={COLUMNS} get={(cursor) => getStations(search, cursor)} />
            <ButtonLink {...paths.bulkOrders()} variant="default" leftSection={<IconListDetails size={17} />}>
              {t("bulk.title")}
            </ButtonLink>
            {importMany}
            {add}
          </>
        } />
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
          {(data) => (
            <StationTable
              stations={allItems(data)}
              sort={sort}
              onSort={(value) => void navigate({ search: (now) => ({ ...now, sort: STATION_SORTS.find((one) => one === value) }), replace: true })}
              chosen={choice.chosen}
              onChoose={choice.choose}
            />
          )}
        </QueryView>
        <LoadMore query={stations} />
      </Panel>
      <BulkBar
        stationIds={[...choice.chosen]}
        onClear={choice.clear}
        isChoosing={chooseAll.isPending}
        onChooseAll={
          hasMore
            ? () => {
                chooseAll.mutate();
              }
            : undefined
        }
      />
      <AddStationDialog isOpen={isAdding} onClose={close} />
    </>
  );
}
