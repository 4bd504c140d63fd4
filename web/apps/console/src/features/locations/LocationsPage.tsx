import { Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Location } from "@voltway/api";
import { ActionButton, IconMapPin, IconPlus, Notice, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { AddLocationDialog } from "./AddLocationDialog.tsx";
import { locationsQuery } from "./api.ts";
import { HelplineDialog } from "./HelplineDialog.tsx";

export function LocationsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const locations = useInfiniteQuery(locationsQuery);
  const [isAdding, { open, close }] = useDisclosure(false);
  const [asked, setAsked] = useState<Location | null>(null);
  const refusal = useRefusal("locations:write");
  const add = (
    <ActionButton leftSection={<IconPlus size={17} />} disabledReason={refusal} onClick={open}>
      {t("locations.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("locations.title")} subtitle={t("locations.subtitle")} actions={add} />
      <Panel padded={false}>
        <QueryView
          query={locations}
          isEmpty={(data) => allItems(data).length === 0}
          empty={<Notice icon={IconMapPin} title={t("locations.empty")} text={t("locations.emptyText")} action={add} />}
        >
          {(data) => (
            <DataTable
              label={t("locations.title")}
              columns={[{ label: t("locations.name") }, { label: t("locations.address") }, { label: t("locations.timeZone") }, { label: t("locations.helpline") }, { label: t("locations.published") }]}
            >
              {allItems(data).map((location) => (
                <LinkedRow key={location.id}>
                  <td>
                    <Link {...paths.stations()} search={{ location: location.id }}>
                      {location.name}
                    </Link>
                  </td>
                  <td data-wrap>
                    {[location.address, [location.postal_code, location.city].filter(Boolean).join(" "), location.country]
                      .filter(Boolean)
                      .join(", ") || format.unknown}
                  </td>
                  <td>
                    <Text size="sm">{location.time_zone}</Text>
                  </td>
                  <td>
                    <ActionButton
                      size="compact-sm"
                      variant="subtle"
                      disabledReason={refusal}
                      onClick={() => {
                        setAsked(location);
                      }}
                    >
                      {location.help_phone ?? t("locations.setHelpline")}
                    </ActionButton>
                  </td>
                  <td>{t(location.is_published ? "locations.yes" : "locations.no")}</td>
                </LinkedRow>
              ))}
            </DataTable>
          )}
        </QueryView>
        <LoadMore query={locations} />
      </Panel>
      {asked && (
        <HelplineDialog
          location={asked}
          onClose={() => {
            setAsked(null);
          }}
        />
      )}
      {isAdding && <AddLocationDialog onClose={close} />}
    </>
  );
}
