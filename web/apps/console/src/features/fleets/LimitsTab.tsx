import { Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { FleetDetails, FleetLimitUse } from "@voltway/api";
import { ActionButton, IconAdjustments, IconPlus, Notice, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { fleetLimitsQuery, useSetLimits } from "./api.ts";
import { LimitDialog } from "./LimitDialog.tsx";
import { limitKey, limitsAfter } from "./limits.ts";
import { LimitUse } from "./LimitUse.tsx";
import { useParts } from "./useParts.ts";

/** How far a fleet, its vehicles and its members may go, and how far they are. */
export function LimitsTab({ fleet }: { fleet: FleetDetails }) {
  const { t } = useTranslation();
  const limits = useQuery(fleetLimitsQuery(fleet.id));
  const refusal = useRefusal("fleets:manage");
  const [edited, setEdited] = useState<FleetLimitUse | "new" | null>(null);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={refusal ?? (limits.data ? undefined : t("common.loading"))}
      onClick={() => {
        setEdited("new");
      }}
    >
      {t("fleets.addLimit")}
    </ActionButton>
  );
  return (
    <>
      <Panel padded={false} title={t("fleets.tab.limits")} actions={add}>
        <QueryView
          query={limits}
          isEmpty={(items) => items.length === 0}
          empty={<Notice icon={IconAdjustments} title={t("fleets.noLimits")} text={t("fleets.noLimitsText")} />}
        >
          {(items) => <LimitTable fleet={fleet} limits={items} onChange={setEdited} />}
        </QueryView>
      </Panel>
      {edited && limits.data && (
        <LimitDialog
          fleet={fleet}
          all={limits.data}
          limit={edited === "new" ? null : edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

interface LimitTableProps {
  fleet: FleetDetails;
  limits: FleetLimitUse[];
  onChange: (limit: FleetLimitUse) => void;
}

function LimitTable({ fleet, limits, onChange }: LimitTableProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { targetName } = useParts(fleet);
  const set = useSetLimits(fleet.id);
  const refusal = useRefusal("fleets:manage");
  return (
    <DataTable
      label={t("fleets.tab.limits")}
      columns={[
        { label: t("fleets.limitOf") },
        { label: t("fleets.period") },
        { label: t("fleets.use") },
        { label: t("common.actions"), isLabelHidden: true },
      ]}
    >
      {limits.map((limit) => (
        <tr key={limitKey(limit)}>
          <td>{limit.kind === "fleet" ? t("fleets.kind.fleet") : (targetName(limit.target_id) ?? format.unknown)}</td>
          <td>{t(`fleets.span.${limit.span}`)}</td>
          <td>
            <LimitUse limit={limit} />
          </td>
          <td data-num>
            <Group gap="xs" wrap="nowrap" justify="flex-end">
              <ActionButton
                size="compact-sm"
                variant="default"
                disabledReason={refusal}
                onClick={() => {
                  onChange(limit);
                }}
              >
                {t("common.edit")}
              </ActionButton>
              <ConfirmButton
                label={t("common.remove")}
                title={t("fleets.removeLimitTitle")}
                text={t("fleets.removeLimitText")}
                refusal={refusal}
                onConfirm={() => {
                  set.mutate(limitsAfter(limits, limit, null));
                }}
              />
            </Group>
          </td>
        </tr>
      ))}
    </DataTable>
  );
}
