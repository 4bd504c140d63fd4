import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Callout, IconDeviceDesktop, IconFileInvoice, IconLock, IconUser, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { profileQuery } from "./api.ts";
import { DataTab } from "./DataTab.tsx";
import { FactorsTab } from "./FactorsTab.tsx";
import { LogInsTab } from "./LogInsTab.tsx";
import { ProfileTab } from "./ProfileTab.tsx";
import { ME_TABS, type MeTab } from "./search.ts";

const ICONS = { profile: IconUser, factors: IconLock, devices: IconDeviceDesktop, data: IconFileInvoice };

export function MePage() {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const { tab = "profile" } = useSearch({ from: "/shell/account" });
  const profile = useQuery(profileQuery);
  return (
    <>
      <PageHeader title={t("me.title")} subtitle={profile.data?.email} />
      {profile.data && (profile.data.must_set_up_mfa || profile.data.mfa_due_at) && profile.data.second_factors.length === 0 && (
        <div style={{ marginBottom: 16 }}>
          <Callout title={t("me.mfaNeeded")}>
            {profile.data.must_set_up_mfa ? t("me.mfaNow") : t("me.mfaDue", { date: format.date(profile.data.mfa_due_at) })}
          </Callout>
        </div>
      )}
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) => {
          void navigate({ ...paths.me(), search: { tab: value as MeTab }, replace: true });
        }}
      >
        <Tabs.List mb="md">
          {ME_TABS.map((name) => {
            const TabIcon = ICONS[name];
            return (
              <Tabs.Tab key={name} value={name} leftSection={<TabIcon size={16} stroke={1.8} />}>
                {t(`me.tab.${name}`)}
              </Tabs.Tab>
            );
          })}
        </Tabs.List>
        <Tabs.Panel value="profile">
          <QueryView query={profile}>{(data) => <ProfileTab profile={data} />}</QueryView>
        </Tabs.Panel>
        <Tabs.Panel value="factors">
          <FactorsTab />
        </Tabs.Panel>
        <Tabs.Panel value="devices">
          <LogInsTab />
        </Tabs.Panel>
        <Tabs.Panel value="data">
          <DataTab />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
