import { Button, Group, Paper, Text } from "@mantine/core";
import { ActionButton } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useRefusal } from "../account/useRefusal.ts";
import { BulkDialog } from "./BulkDialog.tsx";
import { BULK_TYPES, type BulkType } from "./orders.ts";

interface BulkBarProps {
  stationIds: string[];
  onClear: () => void;
  /** Chooses all that the filters let through; missing: all are chosen. */
  onChooseAll?: (() => void) | undefined;
  isChoosing: boolean;
}

/** What can be done with the chosen stations; in sight as long as some are chosen. */
export function BulkBar({ stationIds, onClear, onChooseAll, isChoosing }: BulkBarProps) {
  const { t } = useTranslation();
  const refusal = useRefusal("commands:send");
  const [type, setType] = useState<BulkType | null>(null);
  if (stationIds.length === 0) return null;
  return (
    <Paper className="vw-bulk" role="region" aria-label={t("bulk.region")} withBorder shadow="md" p="sm" radius="md">
      <Group gap="sm" justify="space-between">
        <Group gap="xs">
          <Text size="sm" fw={600} role="status">
            {t("bulk.chosen", { count: stationIds.length })}
          </Text>
          {onChooseAll && (
            <Button size="compact-sm" variant="subtle" loading={isChoosing} onClick={onChooseAll}>
              {t("bulk.chooseAll")}
            </Button>
          )}
          <Button size="compact-sm" variant="subtle" onClick={onClear}>
            {t("bulk.clear")}
          </Button>
        </Group>
        <Group gap="xs">
          {BULK_TYPES.map((one) => (
            <ActionButton
              key={one}
              size="compact-sm"
              variant="default"
              disabledReason={refusal}
              onClick={() => {
                setType(one);
              }}
            >
              {t(`bulk.action.${one}`)}
            </ActionButton>
          ))}
        </Group>
      </Group>
      {type && (
        <BulkDialog
          type={type}
          stationIds={stationIds}
          onClose={() => {
            setType(null);
          }}
        />
      )}
    </Paper>
  );
}
