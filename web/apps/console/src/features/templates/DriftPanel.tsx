import { useQuery } from "@tanstack/react-query";
import type { ChargingStation } from "@voltway/api";
import { ActionButton, Callout, IconCircleCheck } from "@voltway/ui";
import { Box, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { driftQuery, useProvision } from "./api.ts";

/** What of a station's settings is otherwise than its template says, and the order to set it right. */
export function DriftPanel({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const notAllowed = useRefusal("commands:send");
  const { data: drift } = useQuery(driftQuery(station.id));
  const provision = useProvision(station.id);
  const id = drift?.template_id;
  if (!drift || !id) return null;
  if (drift.differences.length === 0) {
    return (
      <Group px="md" pb="sm" gap={6}>
        <IconCircleCheck size={17} color="var(--vw-available-mark)" aria-hidden="true" />
        <Text size="sm">{t("templates.noDrift", { name: drift.template_name })}</Text>
      </Group>
    );
  }
  return (
    <Box px="md" pb="md">
      <Callout title={t("templates.drift", { count: drift.differences.length, name: drift.template_name })}>
        <DataTable label={t("templates.driftLabel")} columns={[{ label: t("variables.name") }, { label: t("templates.wanted") }, { label: t("templates.actual") }]}>
          {drift.differences.map(({ component, variable, wanted, actual }) => (
            <tr key={`${component ?? ""}/${variable}`}>
              <td data-wrap>{[component, variable].filter(Boolean).join("/")}</td>
              <td data-wrap className="vw-mono">
                {wanted}
              </td>
              <td data-wrap className="vw-mono">
                {actual ?? format.unknown}
              </td>
            </tr>
          ))}
        </DataTable>
        <ActionButton
          mt="xs"
          size="xs"
          loading={provision.isPending}
          disabledReason={notAllowed ?? (station.is_online ? undefined : t("commands.needsLink"))}
          onClick={() => {
            provision.mutate(id);
          }}
        >
          {t("templates.apply")}
        </ActionButton>
      </Callout>
    </Box>
  );
}
