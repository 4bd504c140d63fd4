import { Box, Group, Text, Tooltip } from "@mantine/core";
import { Callout, IconWifiOff } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { useRefusal } from "../features/account/useRefusal.ts";
import { useFormat } from "../shared/useFormat.ts";
import { useNow } from "../shared/useNow.ts";
import { useLine } from "./context.ts";

/** A blink of the line is not worth a banner. */
const BANNER_AFTER_MS = 1_500;

const MARKS = {
  live: "var(--vw-available-mark)",
  connecting: "var(--vw-warning-mark)",
  paused: "var(--vw-unavailable-mark)",
  down: "var(--vw-faulted-mark)",
} as const;

export function LivePill() {
  const { t } = useTranslation();
  const { state } = useLine();
  // Whoever may not listen has no line that could be up or down.
  const refusal = useRefusal("live:read");
  if (refusal !== undefined) return null;
  return (
    <Tooltip label={t(`live.${state}Text`)}>
      <Group gap={6} wrap="nowrap" px={6} role="status" aria-label={t(`live.${state}Text`)} visibleFrom="xs">
        <Box w={8} h={8} bdrs="50%" bg={MARKS[state]} className={state === "live" ? "vw-pulse" : ""} />
        <Text size="xs" fw={600} c="dimmed">
          {t(`live.${state}`)}
        </Text>
      </Group>
    </Tooltip>
  );
}

/** Says that what is on screen may be old, and since when. */
export function LiveBanner() {
  const { t } = useTranslation();
  const format = useFormat();
  const { lostAt } = useLine();
  const now = useNow();
  if (lostAt === null || now - Date.parse(lostAt) < BANNER_AFTER_MS) return null;
  return (
    <Box mb="md">
      <Callout icon={IconWifiOff} title={t("live.banner")} role="alert">
        {t("live.bannerText", { time: format.time(lostAt) })}
      </Callout>
    </Box>
  );
}
