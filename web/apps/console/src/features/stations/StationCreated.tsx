import { Button, Group, Stack, Text } from "@mantine/core";
import type { ChargingStationCreated } from "@voltway/api";
import { Callout, CopyAction, Facts, IconKey } from "@voltway/ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

export function StationCreated({ station, onDone }: { station: ChargingStationCreated; onDone: () => void }) {
  const { t } = useTranslation();
  const rows: [string, ReactNode][] = [[t("stations.column.identity"), <Secret key="identity" text={station.identity} />]];
  if (station.password) rows.push([t("stations.password"), <Secret key="password" text={station.password} />]);
  return (
    <Stack>
      <Text size="sm">{t("stations.createdText")}</Text>
      <Facts rows={rows} />
      {station.password && (
        <Callout icon={IconKey}>
          {t("stations.passwordOnce")}
        </Callout>
      )}
      <Group justify="flex-end">
        <Button onClick={onDone}>{t("stations.passwordKept")}</Button>
      </Group>
    </Stack>
  );
}

function Secret({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <Group gap={4} wrap="nowrap">
      <span className="vw-mono" style={{ overflowWrap: "anywhere" }}>
        {text}
      </span>
      <CopyAction text={text} label={t("common.copy")} copiedLabel={t("common.copied")} />
    </Group>
  );
}
