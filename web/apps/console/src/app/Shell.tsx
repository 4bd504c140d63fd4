import { AppShell, Burger, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "@tanstack/react-router";
import { ProblemError } from "@voltway/api";
import { Logo } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { accountQuery } from "../features/account/api.ts";
import { AccountMenu } from "../features/account/AccountMenu.tsx";
import { StepUp } from "../features/account/StepUp.tsx";
import { LiveProvider } from "../live/LiveProvider.tsx";
import { LiveBanner, LivePill } from "../live/LiveState.tsx";
import { CommandPalette } from "./CommandPalette.tsx";
import { NavLinks } from "./NavLinks.tsx";
import { paths } from "./paths.ts";
import { Preferences } from "./Preferences.tsx";
import classes from "./Shell.module.css";

export function Shell() {
  const { t } = useTranslation();
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const { error } = useQuery(accountQuery);
  const here = useLocation({ select: (location) => location.href });
  if (error instanceof ProblemError && error.status === 401) return <Navigate {...paths.login()} search={{ next: here }} />;
  return (
    <LiveProvider>
      <a className="vw-skip" href="#content">
        {t("app.skip")}
      </a>
      <AppShell
        layout="alt"
        header={{ height: 56 }}
        navbar={{ width: 216, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
        padding={{ base: "sm", sm: "lg" }}
      >
        <AppShell.Header className={classes.header}>
          <Group h="100%" px={{ base: "sm", sm: "lg" }} gap="sm" wrap="nowrap" justify="space-between">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t("app.menu")} />
            <CommandPalette />
            <Group gap="xs" wrap="nowrap">
              <LivePill />
              <Preferences />
              <AccountMenu />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar className={classes.navbar}>
          <Group h={56} px="md" justify="space-between" wrap="nowrap">
            <Logo size={28} color="#ffffff" />
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" color="#ffffff" aria-label={t("app.menu")} />
          </Group>
          <NavLinks onNavigate={close} />
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
          <LiveBanner />
          <Outlet />
        </AppShell.Main>
      </AppShell>
      <StepUp />
    </LiveProvider>
  );
}
