import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ChargingStation } from "@voltway/api";
import { IconAdjustments, IconPlug, IconBraces, IconHistory, IconInfoCircle, IconTerminal2, type Icon } from "@voltway/ui";
import type { ComponentType } from "react";
import { useTranslation } from "react-i18next";
import { CommandsTab } from "../commands/CommandsTab.tsx";
import { MessagesTab } from "../messages/MessagesTab.tsx";
import { TimelineTab } from "../timeline/TimelineTab.tsx";
import { VariablesTab } from "../variables/VariablesTab.tsx";
import { DetailsTab } from "./tabs/DetailsTab.tsx";
import { SessionsTab } from "./tabs/SessionsTab.tsx";
import { STATION_TABS, type StationTab } from "./search.ts";

const TABS: Record<StationTab, { icon: Icon; Content: ComponentType<{ station: ChargingStation }> }> = {
  sessions: { icon: IconPlug, Content: SessionsTab },
  timeline: { icon: IconHistory, Content: TimelineTab },
  messages: { icon: IconBraces, Content: MessagesTab },
  variables: { icon: IconAdjustments, Content: VariablesTab },
  commands: { icon: IconTerminal2, Content: CommandsTab },
  details: { icon: IconInfoCircle, Content: DetailsTab },
};

export function StationTabs({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const { tab = "sessions" } = useSearch({ from: "/shell/stations/$stationId" });
  const navigate = useNavigate({ from: "/stations/$stationId" });
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      className="vw-card"
      onChange={(value) => {
        void navigate({ search: { tab: STATION_TABS.find((one) => one === value) }, replace: true, resetScroll: false });
      }}
    >
      <Tabs.List px="xs" aria-label={t("stations.tabs")}>
        {STATION_TABS.map((one) => {
          const TabIcon = TABS[one].icon;
          return (
            <Tabs.Tab key={one} value={one} py="sm" leftSection={<TabIcon size={17} stroke={1.8} aria-hidden="true" />}>
              {t(`stations.tab.${one}`)}
            </Tabs.Tab>
          );
        })}
      </Tabs.List>
      {STATION_TABS.map((one) => {
        const { Content } = TABS[one];
        return (
          <Tabs.Panel key={one} value={one}>
            <Content station={station} />
          </Tabs.Panel>
        );
      })}
    </Tabs>
  );
}
