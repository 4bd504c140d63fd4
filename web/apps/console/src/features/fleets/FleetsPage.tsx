import { Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ActionButton, IconCar, IconPlus, Notice, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { DataTable } from "../../shared/DataTable.tsx";
import { LinkedRow } from "../../shared/LinkedRow.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { fleetsQuery } from "./api.ts";
import { FleetDialog } from "./FleetDialog.tsx";
import { LimitUse } from "./LimitUse.tsx";

export function FleetsPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const fleets = useInfiniteQuery(fleetsQuery);
  const [isAdding, { open, close }] = useDisclosure(false);
  const refusal = useRefusal("fleets:write");
  const add = (
    <ActionButton leftSection={<IconPlus size={17} />} disabledReason={refusal} onClick={open}>
      {t("fleets.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("fleets.title")} subtitle={t("fleets.subtitle")} actions={add} />
      <ListPanel query={fleets} empty={<Notice icon={IconCar} title={t("fleets.none")} text={t("fleets.noneText")} action={add} />}>
        {(items) => (
          <DataTable
            label={t("fleets.title")}
            columns={[
              { label: t("locations.name") },
              { label: t("fleets.tab.members"), isNumeric: true },
              { label: t("fleets.tab.vehicles"), isNumeric: true },
              { label: t("fleets.use") },
            ]}
          >
            {items.map((fleet) => (
              <LinkedRow key={fleet.id}>
                <td>
                  <AnchorLink {...paths.fleet(fleet.id)}>{fleet.name}</AnchorLink>
                  <Text size="xs" c="dimmed">
                    {fleet.time_zone}
                  </Text>
                </td>
                <td data-num>{format.number(fleet.members)}</td>
                <td data-num>{format.number(fleet.vehicles)}</td>
                <td>
                  {fleet.limits.length === 0 && t("fleets.noLimit")}
                  <Stack gap={6}>
                    {fleet.limits.map((limit, index) => (
                      <LimitUse key={index} limit={limit} />
                    ))}
                  </Stack>
                </td>
              </LinkedRow>
            ))}
          </DataTable>
        )}
      </ListPanel>
      {isAdding && <FleetDialog fleet={null} onClose={close} />}
    </>
  );
}
