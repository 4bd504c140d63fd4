import { ActionIcon, Group, Text, TextInput, Tooltip } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ChargingStation, Variable } from "@voltway/api";
import { ActionButton, IconAdjustments, IconLock, IconRefresh, IconSearch, IconSettings, Notice } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { notifyDone, notifyFailure, notifyProblem } from "../../shared/notify.ts";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useSendCommand } from "../commands/api.ts";
import { DriftPanel } from "../templates/DriftPanel.tsx";
import { variablesQuery } from "./api.ts";
import { SetVariableDialog } from "./SetVariableDialog.tsx";
import { variableName } from "./variableName.ts";

/** The station's settings as it last told them, in one shape for every protocol. */
export function VariablesTab({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const variables = useInfiniteQuery(variablesQuery(station.id));
  const [needle, setNeedle] = useState("");
  const notAllowed = useRefusal("commands:send");
  const refusal = station.is_online ? notAllowed : t("commands.needsLink");
  const [edited, setEdited] = useState<Variable | null>(null);
  const known = variables.data ? allItems(variables.data) : [];
  const shown = known.filter((variable) =>
    `${variableName(variable)} ${variable.value ?? ""}`.toLowerCase().includes(needle.trim().toLowerCase()),
  );
  return (
    <>
      <Group p="md" gap="sm" justify="space-between">
        <TextInput
          type="search"
          w={280}
          leftSection={<IconSearch size={16} stroke={1.8} />}
          aria-label={t("variables.filter")}
          placeholder={t("variables.filter")}
          value={needle}
          onChange={(event) => {
            setNeedle(event.currentTarget.value);
          }}
        />
        <ReadButton station={station} refusal={refusal} onRead={() => void variables.refetch()} />
      </Group>
      <DriftPanel station={station} />
      <QueryView
        query={variables}
        isEmpty={() => shown.length === 0}
        empty={
          <Notice
            icon={IconAdjustments}
            title={known.length > 0 ? t("common.noMatch") : t("variables.empty")}
            text={known.length > 0 ? t("common.noMatchText") : t("variables.emptyText")}
          />
        }
      >
        {() => <VariableTable variables={shown} refusal={refusal} onEdit={setEdited} />}
      </QueryView>
      <LoadMore query={variables} />
      {edited && (
        <SetVariableDialog
          stationId={station.id}
          variable={edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

interface ReadButtonProps {
  station: ChargingStation;
  refusal: string | undefined;
  onRead: () => void;
}

function ReadButton({ station, refusal, onRead }: ReadButtonProps) {
  const { t } = useTranslation();
  const send = useSendCommand(station.id);
  return (
    <ActionButton
      variant="default"
      leftSection={<IconRefresh size={16} />}
      loading={send.isPending}
      disabledReason={refusal}
      onClick={() => {
        send.mutate(
          { type: "get_variables", variables: [] },
          {
            onSuccess: ({ state }) => {
              if (state === "accepted") notifyDone(t("variables.read"));
              else notifyFailure(t("variables.readFailed", { state: t(`commands.state.${state}`) }));
              onRead();
            },
            onError: notifyProblem,
          },
        );
      }}
    >
      {t("variables.ask")}
    </ActionButton>
  );
}

interface VariableTableProps {
  variables: Variable[];
  refusal: string | undefined;
  onEdit: (variable: Variable) => void;
}

function VariableTable({ variables, refusal, onEdit }: VariableTableProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DataTable label={t("stations.tab.variables")} columns={[{ label: t("variables.name") }, { label: t("variables.value") }, { label: t("common.actions"), isLabelHidden: true }]}>
      {variables.map((variable) => {
        const name = variableName(variable);
        return (
          <tr key={name}>
            <td data-wrap style={{ fontWeight: 550 }}>
              {name}
            </td>
            <td data-wrap className="vw-mono">
              {variable.value ?? <Text c="dimmed">{format.unknown}</Text>}
            </td>
            <td data-num>
              {variable.is_readonly ? (
                <Tooltip label={t("variables.readonly")}>
                  <IconLock size={16} role="img" aria-label={t("variables.readonly")} color="var(--mantine-color-dimmed)" />
                </Tooltip>
              ) : (
                <Tooltip label={refusal ?? t("variables.set")}>
                  <ActionIcon
                    variant="subtle"
                    aria-label={t("variables.setName", { name })}
                    data-disabled={refusal !== undefined || undefined}
                    aria-disabled={refusal !== undefined}
                    onClick={() => {
                      if (refusal === undefined) onEdit(variable);
                    }}
                  >
                    <IconSettings size={17} stroke={1.8} />
                  </ActionIcon>
                </Tooltip>
              )}
            </td>
          </tr>
        );
      })}
    </DataTable>
  );
}
