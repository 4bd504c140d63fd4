import { ActionIcon, Menu, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { IconLogout, IconSettings, IconUser } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { accountQuery, useLogout } from "./api.ts";

export function AccountMenu() {
  const { t } = useTranslation();
  const { data: account } = useQuery(accountQuery);
  const logout = useLogout();
  return (
    <Menu position="bottom-end" width={240} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="light" size="lg" radius="xl" aria-label={t("account.menu")}>
          <IconUser size={19} stroke={1.8} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} c="var(--mantine-color-text)" truncate>
            {account?.name ?? account?.email}
          </Text>
          <Text size="xs" truncate>
            {account?.email}
          </Text>
          {account?.operator && <Text size="xs">{t("account.operator", { operator: account.operator })}</Text>}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Item leftSection={<IconSettings size={16} />} renderRoot={(props) => <Link {...props} {...paths.me()} />}>
          {t("me.title")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} />}
          onClick={() => {
            logout.mutate();
          }}
        >
          {t("account.logout")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
