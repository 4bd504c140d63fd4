import { Tooltip } from "@mantine/core";
import { IconShieldOff } from "@voltway/ui";
import { useTranslation } from "react-i18next";

/** Marks a station that anybody could impersonate: it connects without proof of who it is. */
export function SecurityWarning({ profile }: { profile: number }) {
  const { t } = useTranslation();
  if (profile > 0) return null;
  return (
    <Tooltip label={t("stations.insecureText")}>
      <IconShieldOff size={17} stroke={1.9} role="img" aria-label={t("stations.insecure")} color="var(--vw-warning-mark)" />
    </Tooltip>
  );
}
