import { Select, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { FleetDetails } from "@voltway/api";
import { ActionButton, IconPlus, IconUsers, Notice, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { managerChoicesQuery, useSetManager } from "./api.ts";

/** Who looks after a fleet from outside the staff. */
export function ManagersTab({ fleet }: { fleet: FleetDetails }) {
  const { t } = useTranslation();
  const [mayWrite, mayFind] = [useRefusal("fleets:write"), useRefusal("members:read")];
  const set = useSetManager(fleet.id);
  const [isAdding, setAdding] = useState(false);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={mayWrite ?? mayFind}
      onClick={() => {
        setAdding(true);
      }}
    >
      {t("fleets.addManager")}
    </ActionButton>
  );
  return (
    <>
      <Panel padded={false} title={t("fleets.tab.managers")} actions={add}>
        {fleet.managers.length === 0 ? (
          <Notice icon={IconUsers} title={t("fleets.noManagers")} text={t("fleets.noManagersText")} />
        ) : (
          <DataTable label={t("fleets.tab.managers")} columns={[{ label: t("locations.name") }, { label: t("common.actions"), isLabelHidden: true }]}>
            {fleet.managers.map(({ id, name }) => (
              <tr key={id}>
                <td style={{ fontWeight: 600 }}>{name ?? t("fleets.managerGone")}</td>
                <td data-num>
                  <ConfirmButton
                    label={t("common.remove")}
                    title={t("fleets.removeManagerTitle", { name: name ?? t("fleets.managerGone") })}
                    text={t("fleets.removeManagerText")}
                    refusal={mayWrite}
                    onConfirm={() => {
                      set.mutate({ account_id: id, isManager: false });
                    }}
                  />
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </Panel>
      {isAdding && (
        <ManagerDialog
          fleet={fleet}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
    </>
  );
}

function ManagerDialog({ fleet, onClose }: { fleet: FleetDetails; onClose: () => void }) {
  const { t } = useTranslation();
  const set = useSetManager(fleet.id, { showsProblem: true });
  const choices = useQuery(managerChoicesQuery).data ?? [];
  const form = useForm({
    initialValues: { account_id: null as string | null },
    validate: { account_id: (value) => (value === null ? t("fleets.managerMissing") : null) },
  });
  return (
    <FormDialog
      title={t("fleets.addManager")}
      submitLabel={t("fleets.addManager")}
      isPending={set.isPending}
      error={set.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ account_id }) => {
        if (account_id !== null) set.mutate({ account_id, isManager: true }, { onSuccess: onClose });
      })}
    >
      <Text size="sm">{t("fleets.noManagersText")}</Text>
      <Select
        label={t("fleets.manager")}
        description={t("fleets.managerHint")}
        placeholder={t("common.choose")}
        required
        searchable
        data-autofocus
        data={choices.filter(({ id }) => !fleet.manager_ids.includes(id)).map(({ id, name, email }) => ({ value: id, label: `${name} (${email})` }))}
        {...form.getInputProps("account_id")}
      />
    </FormDialog>
  );
}
