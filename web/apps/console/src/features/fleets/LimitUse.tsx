import { Progress, Text } from "@mantine/core";
import type { FleetLimitUse } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";
import { usedPercent } from "./limits.ts";

const NEAR_PERCENT = 80;

/** What is used of a limit in the time that runs, as a bar and in words. */
export function LimitUse({ limit }: { limit: FleetLimitUse }) {
  const { t } = useTranslation();
  const format = useFormat();
  const percent = usedPercent(limit);
  const { currency } = limit;
  const shown = (wh: number | null | undefined, minor: number | null | undefined) =>
    currency == null ? format.energy(wh) : format.money({ minor: minor ?? 0, currency });
  const mark = percent >= 100 ? "faulted" : percent >= NEAR_PERCENT ? "warning" : "available";
  return (
    <div style={{ minWidth: 170 }}>
      <Progress size="sm" aria-hidden="true" value={Math.min(100, percent)} color={`var(--vw-${mark}-mark)`} />
      <Text size="xs" c="dimmed" mt={4}>
        {t("fleets.usedOf", { used: shown(limit.used_wh, limit.used_minor), most: shown(limit.energy_wh, limit.amount_minor) })}
        {` · ${t(`fleets.inSpan.${limit.span}`)}`}
        {percent >= 100 && ` · ${t("fleets.usedUp")}`}
      </Text>
    </div>
  );
}
