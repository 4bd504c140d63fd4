import { Link } from "@tanstack/react-router";
import {
  IconPlug,
  IconChargingPile,
  IconLayoutDashboard,
  IconMapPin,
  IconNfc,
  IconReceipt,
  type Icon,
} from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "./paths.ts";
import classes from "./Shell.module.css";

const GROUPS = [
  {
    label: "nav.operate",
    links: [
      { label: "nav.overview", path: paths.overview(), icon: IconLayoutDashboard },
      { label: "nav.stations", path: paths.stations(), icon: IconChargingPile },
      { label: "nav.sessions", path: paths.sessions(), icon: IconPlug },
    ],
  },
  {
    label: "nav.manage",
    links: [
      { label: "nav.locations", path: paths.locations(), icon: IconMapPin },
      { label: "nav.tariffs", path: paths.tariffs(), icon: IconReceipt },
      { label: "nav.idTokens", path: paths.idTokens(), icon: IconNfc },
    ],
  },
] as const;

export function NavLinks({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation();
  return (
    <nav className={classes.nav} aria-label={t("nav.label")}>
      {GROUPS.map((group) => (
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
