import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { Permission } from "@voltway/api";
import {
  IconAdjustments,
  IconBell,
  IconBook,
  IconCalendarEvent,
  IconCar,
  IconChartBar,
  IconCreditCard,
  IconFileInvoice,
  IconCertificate,
  IconHistory,
  IconKey,
  IconPlug,
  IconRadar,
  IconSettings,
  IconUpload,
  IconUsers,
  IconWebhook,
  IconChargingPile,
  IconLayoutDashboard,
  IconLifebuoy,
  IconMail,
  IconMapPin,
  IconNfc,
  IconPlugConnected,
  IconReceipt,
  type Icon,
} from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { accountQuery } from "../features/account/api.ts";
import { paths } from "./paths.ts";
import classes from "./Shell.module.css";

const GROUPS = [
  {
    label: "nav.operate",
    links: [
      { label: "nav.overview", path: paths.overview(), icon: IconLayoutDashboard, permission: "stations:read" },
      { label: "nav.stations", path: paths.stations(), icon: IconChargingPile, permission: "stations:read" },
      { label: "nav.onboarding", path: paths.onboarding(), icon: IconPlugConnected, permission: "stations:write" },
      { label: "nav.sessions", path: paths.sessions(), icon: IconPlug, permission: "sessions:read" },
      { label: "nav.bookings", path: paths.bookings(), icon: IconCalendarEvent, permission: "reservations:read" },
      { label: "nav.tickets", path: paths.tickets(), icon: IconLifebuoy, permission: "tickets:read" },
      { label: "nav.templates", path: paths.templates(), icon: IconSettings, permission: "stations:read" },
      { label: "nav.firmware", path: paths.campaigns(), icon: IconUpload, permission: "firmware:read" },
    ],
  },
  {
    label: "nav.manage",
    links: [
      { label: "nav.locations", path: paths.locations(), icon: IconMapPin, permission: "locations:read" },
      { label: "nav.tariffs", path: paths.tariffs(), icon: IconReceipt, permission: "tariffs:read" },
      { label: "nav.idTokens", path: paths.idTokens(), icon: IconNfc, permission: "tokens:read" },
      { label: "nav.fleets", path: paths.fleets(), icon: IconCar, permission: "fleets:read" },
    ],
  },
  {
    label: "nav.money",
    links: [
      { label: "nav.payments", path: paths.payments(), icon: IconCreditCard, permission: "payments:read" },
      { label: "nav.documents", path: paths.documents(), icon: IconFileInvoice, permission: "documents:read" },
      { label: "nav.ledger", path: paths.ledger(), icon: IconBook, permission: "ledger:read" },
      { label: "nav.reports", path: paths.reports(), icon: IconChartBar, permission: "reports:read" },
    ],
  },
  {
    label: "nav.security",
    links: [
      { label: "nav.incidents", path: paths.incidents(), icon: IconRadar, permission: "incidents:read" },
      { label: "nav.rules", path: paths.rules(), icon: IconAdjustments, permission: "incidents:read" },
      { label: "nav.notifications", path: paths.notifications(), icon: IconBell, permission: "admin" },
      { label: "nav.audit", path: paths.audit(), icon: IconHistory, permission: "audit:read" },
      { label: "nav.certificates", path: paths.certificates(), icon: IconCertificate, permission: "security:read" },
    ],
  },
  {
    label: "nav.organisation",
    links: [
      { label: "nav.staff", path: paths.staff(), icon: IconUsers, permission: "members:read" },
      { label: "nav.machines", path: paths.machines(), icon: IconKey, permission: "admin" },
      { label: "nav.webhooks", path: paths.webhooks(), icon: IconWebhook, permission: "admin" },
      { label: "nav.mails", path: paths.mails(), icon: IconMail, permission: "mails:read" },
    ],
  },
] as const;

/** The pages that the caller may see, in their groups; the server decides in the end. */
function useGroups() {
  const { data: account } = useQuery(accountQuery);
  const may = (permission: Permission) => account?.permissions.includes(permission) ?? false;
  return GROUPS.map(({ label, links }) => ({ label, links: links.filter(({ permission }) => may(permission)) }));
}

/** The same pages by their names in the reader's language. */
export function usePages() {
  const { t } = useTranslation();
  return useGroups().flatMap(({ links }) => links.map(({ label, path, icon }) => ({ label: t(label), path, icon: icon })));
}

export function NavLinks({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation();
  const groups = useGroups();
  return (
    <nav className={classes.nav} aria-label={t("nav.label")}>
      {groups.filter(({ links }) => links.length > 0).map((group) => (
        <div key={group.label}>
          <div className={classes.group}>{t(group.label)}</div>
          {group.links.map(({ label, path, icon }) => {
            const LinkIcon: Icon = icon;
            return (
              <Link
                key={label}
                {...path}
                className={classes.link}
                activeOptions={{ exact: path.to === "/", includeSearch: false }}
                onClick={onNavigate}
              >
                <LinkIcon size={19} stroke={1.8} aria-hidden="true" />
                {t(label)}
              </Link>
            );
          })}
        </div>
      ))}
    </nav>
  );
}
