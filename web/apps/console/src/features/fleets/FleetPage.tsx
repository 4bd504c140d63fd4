import { Stack, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { FleetDetails } from "@voltway/api";
import {
  ActionButton,
  IconAdjustments,
  IconBook,
  IconCar,
  IconFileInvoice,
  IconNfc,
  IconPencil,
  IconTrash,
  IconUsers,
  PageHeader,
  type Icon,
} from "@voltway/ui";
import { useState, type ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Confirm } from "../../shared/Confirm.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { fleetQuery, useDeleteFleet } from "./api.ts";
import { CostCentresTab } from "./CostCentresTab.tsx";
import { FleetDialog } from "./FleetDialog.tsx";
import { LimitsTab } from "./LimitsTab.tsx";
import { ManagersTab } from "./ManagersTab.tsx";
import { MembersTab } from "./MembersTab.tsx";
import { FLEET_TABS, type FleetTab } from "./search.ts";
import { StatementsTab } from "./StatementsTab.tsx";
import { VehiclesTab } from "./VehiclesTab.tsx";

const TABS: Record<FleetTab, { icon: Icon; Content: ComponentType<{ fleet: FleetDetails }> }> = {
  members: { icon: IconNfc, Content: MembersTab },
  vehicles: { icon: IconCar, Content: VehiclesTab },
  costCentres: { icon: IconBook, Content: CostCentresTab },
  limits: { icon: IconAdjustments, Content: LimitsTab },
  statements: { icon: IconFileInvoice, Content: StatementsTab },
  managers: { icon: IconUsers, Content: ManagersTab },
};

/** One fleet: who charges for it, with what, how far, and what a month came to. */
export function FleetPage() {
  const { fleetId } = useParams({ from: "/shell/fleets/$fleetId" });
  const fleet = useQuery(fleetQuery(fleetId));
  return (
    <QueryView query={fleet}>
      {(loaded) => (
        <Stack gap="md">
          <Header fleet={loaded} />
          <Parts fleet={loaded} />
        </Stack>
      )}
    </QueryView>
  );
}

function Header({ fleet }: { fleet: FleetDetails }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const refusal = useRefusal("fleets:write");
  const remove = useDeleteFleet();
  const [isChanging, setChanging] = useState(false);
  const isEmpty = fleet.members.length === 0 && fleet.vehicles.length === 0;
  return (
    <>
      <PageHeader
        above={<AnchorLink {...paths.fleets()}>← {t("fleets.title")}</AnchorLink>}
        title={fleet.name}
        subtitle={fleet.time_zone}
        actions={
          <>
            <ActionButton
              variant="default"
              leftSection={<IconPencil size={17} />}
              disabledReason={refusal}
              onClick={() => {
                setChanging(true);
              }}
            >
              {t("common.edit")}
            </ActionButton>
            <Confirm
              title={t("fleets.deleteTitle", { name: fleet.name })}
              text={t("fleets.deleteText")}
              confirmLabel={t("common.delete")}
              onConfirm={() => {
                remove.mutate(fleet.id, { onSuccess: () => void navigate(paths.fleets()) });
              }}
            >
              {(open) => (
                <ActionButton
                  variant="default"
                  leftSection={<IconTrash size={17} />}
                  disabledReason={refusal ?? (isEmpty ? undefined : t("fleets.notEmpty"))}
                  loading={remove.isPending}
                  onClick={open}
                >
                  {t("common.delete")}
                </ActionButton>
              )}
            </Confirm>
          </>
        }
      />
      {isChanging && (
        <FleetDialog
          fleet={fleet}
          onClose={() => {
            setChanging(false);
          }}
        />
      )}
    </>
  );
}

function Parts({ fleet }: { fleet: FleetDetails }) {
  const { t } = useTranslation();
  const { tab = "members" } = useSearch({ from: "/shell/fleets/$fleetId" });
  const navigate = useNavigate({ from: "/fleets/$fleetId" });
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(value) => {
        void navigate({ search: { tab: FLEET_TABS.find((one) => one === value) }, replace: true, resetScroll: false });
      }}
    >
      <Tabs.List mb="md" aria-label={t("fleets.tabs")}>
        {FLEET_TABS.map((one) => {
          const TabIcon = TABS[one].icon;
          return (
            <Tabs.Tab key={one} value={one} leftSection={<TabIcon size={17} stroke={1.8} aria-hidden="true" />}>
              {t(`fleets.tab.${one}`)}
            </Tabs.Tab>
          );
        })}
      </Tabs.List>
      {FLEET_TABS.map((one) => {
        const { Content } = TABS[one];
        return (
          <Tabs.Panel key={one} value={one}>
            <Content fleet={fleet} />
          </Tabs.Panel>
        );
      })}
    </Tabs>
  );
}
