import { Grid, Stack, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { Driver, Permission } from "@voltway/api";
import {
  Facts,
  IconCalendarEvent,
  IconCheck,
  IconCreditCard,
  IconLifebuoy,
  IconNfc,
  IconPlug,
  IconBan,
  PageHeader,
  Panel,
  StatusPill,
  type Icon,
} from "@voltway/ui";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { accountQuery } from "../account/api.ts";
import { driverQuery } from "./api.ts";
import { DriverBookings, DriverPayments, DriverSessions, DriverTickets, DriverTokens } from "./parts.tsx";
import { DRIVER_TABS, type DriverTab } from "./search.ts";
import { Wallets } from "./Wallets.tsx";

const TABS: Record<DriverTab, { icon: Icon; permission: Permission; Content: ComponentType<{ driverId: string }> }> = {
  tokens: { icon: IconNfc, permission: "tokens:read", Content: DriverTokens },
  sessions: { icon: IconPlug, permission: "sessions:read", Content: DriverSessions },
  bookings: { icon: IconCalendarEvent, permission: "reservations:read", Content: DriverBookings },
  payments: { icon: IconCreditCard, permission: "payments:read", Content: DriverPayments },
  tickets: { icon: IconLifebuoy, permission: "tickets:read", Content: DriverTickets },
};

/** One driver as a whole, as far as the reader's role may see them. */
export function DriverPage() {
  const { accountId } = useParams({ from: "/shell/drivers/$accountId" });
  const driver = useQuery(driverQuery(accountId));
  return <QueryView query={driver}>{(data) => <DriverView driver={data} />}</QueryView>;
}

function DriverView({ driver }: { driver: Driver }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data: reader } = useQuery(accountQuery);
  const may = (permission: Permission) => reader?.permissions.includes(permission) ?? false;
  return (
    <Stack gap="md">
      <PageHeader
        title={driver.name || driver.email}
        subtitle={t("drivers.driver")}
        marks={
          <StatusPill tone={driver.is_active ? "available" : "unavailable"} icon={driver.is_active ? IconCheck : IconBan}>
            {driver.is_active ? t("drivers.active") : t("drivers.inactive")}
          </StatusPill>
        }
      />
      <Grid>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Panel title={t("drivers.profile")}>
            <Facts
              rows={[
                [t("drivers.name"), driver.name || format.unknown],
                [t("drivers.email"), driver.email],
                [t("drivers.language"), driver.locale],
                [t("drivers.since"), format.dateTime(driver.created_at)],
                [t("drivers.id"), <span key="id" className="vw-mono">{driver.id}</span>],
              ]}
            />
          </Panel>
        </Grid.Col>
        {may("payments:read") && (
          <Grid.Col span={{ base: 12, md: 6 }}>
            <Wallets driverId={driver.id} />
          </Grid.Col>
        )}
      </Grid>
      <Parts driverId={driver.id} tabs={DRIVER_TABS.filter((one) => may(TABS[one].permission))} />
    </Stack>
  );
}

function Parts({ driverId, tabs }: { driverId: string; tabs: DriverTab[] }) {
  const { t } = useTranslation();
  const { tab = "tokens" } = useSearch({ from: "/shell/drivers/$accountId" });
  const navigate = useNavigate({ from: "/drivers/$accountId" });
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(value) => {
        void navigate({ search: { tab: DRIVER_TABS.find((one) => one === value) }, replace: true, resetScroll: false });
      }}
    >
      <Tabs.List mb="md" aria-label={t("drivers.tabs")}>
        {tabs.map((one) => {
          const TabIcon = TABS[one].icon;
          return (
            <Tabs.Tab key={one} value={one} leftSection={<TabIcon size={17} stroke={1.8} aria-hidden="true" />}>
              {t(`drivers.tab.${one}`)}
            </Tabs.Tab>
          );
        })}
      </Tabs.List>
      {tabs.map((one) => {
        const { Content } = TABS[one];
        return (
          <Tabs.Panel key={one} value={one}>
            <Content driverId={driverId} />
          </Tabs.Panel>
        );
      })}
    </Tabs>
  );
}
