import { Group, Stack, Text } from "@mantine/core";
import type { StatusCounts } from "@voltway/api";
import { IconPlugConnectedX, type Icon } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../shared/useFormat.ts";
import { CONNECTOR_STATUSES } from "../stations/search.ts";
import { STATUS_LOOK } from "../stations/statusLook.ts";
import classes from "./StatusBars.module.css";

interface Row {
  key: string;
  label: string;
  count: number;
  tone: string;
  icon: Icon;
}

/** How many are in each state, as one stacked bar with its legend. */
export function StatusBars({ label, counts, offline }: { label: string; counts: StatusCounts; offline?: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const rows: Row[] = CONNECTOR_STATUSES.map((status) => ({
    key: status,
    label: t(`status.${status}`),
    count: counts[status] ?? 0,
    ...STATUS_LOOK[status],
  }));
  if (offline) rows.push({ key: "offline", label: t("stations.offline"), count: offline, tone: "unavailable", icon: IconPlugConnectedX });
  const shown = rows.filter(({ count }) => count > 0);
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  return (
    <Stack gap={8}>
      <Group justify="space-between">
        <Text size="sm" fw={600}>
          {label}
        </Text>
        <Text size="sm" c="dimmed">
          {format.number(total)}
        </Text>
      </Group>
      <div className={classes.bar} aria-hidden="true">
        {shown.map(({ key, count, tone }) => (
          <span key={key} style={{ flexGrow: count, background: `var(--vw-${tone}-mark)` }} />
        ))}
      </div>
      <ul className={classes.legend}>
        {shown.map(({ key, label: name, count, tone, icon: RowIcon }) => (
          <li key={key}>
            <RowIcon size={15} stroke={2.2} color={`var(--vw-${tone}-mark)`} aria-hidden="true" />
            <span>{name}</span>
            <b>{format.number(count)}</b>
          </li>
        ))}
      </ul>
    </Stack>
  );
}
