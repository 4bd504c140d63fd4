import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { GroupsTab } from "./GroupsTab.tsx";
import { InvitationsTab } from "./InvitationsTab.tsx";
import { MembersTab } from "./MembersTab.tsx";
import { PolicyTab } from "./PolicyTab.tsx";
import { RolesTab } from "./RolesTab.tsx";
import { STAFF_TABS, type StaffTab } from "./search.ts";

const PANELS = { members: MembersTab, invitations: InvitationsTab, roles: RolesTab, groups: GroupsTab, policy: PolicyTab };

/** The people who work for the operator, and what they may do where. */
export function StaffPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { tab = "members" } = useSearch({ from: "/shell/staff" });
  const TabPanel = PANELS[tab];
  return (
    <>
      <PageHeader title={t("staff.title")} subtitle={t("staff.subtitle")} />
      <Tabs
        value={tab}
        onChange={(value) => {
          void navigate({ ...paths.staff(), search: { tab: value as StaffTab }, replace: true });
        }}
      >
        <Tabs.List mb="md">
          {STAFF_TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`staff.tab.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {STAFF_TABS.map((name) => (
          <Tabs.Panel key={name} value={name}>
            {name === tab && <TabPanel />}
          </Tabs.Panel>
        ))}
      </Tabs>
    </>
  );
}
