import { Group, MultiSelect, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { LocationGroup } from "@voltway/api";
import { ActionButton, IconMapPin, IconPlus, Notice, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { groupsQuery, useDeleteGroup, useSaveGroup } from "./api.ts";
import { PlacesText } from "./PlacesText.tsx";
import { useAllLocations } from "./useAllLocations.ts";

/** Locations under one name, to which people can be bound. */
export function GroupsTab() {
  const { t } = useTranslation();
  const groups = useQuery(groupsQuery);
  const refusal = useRefusal("members:write");
  const remove = useDeleteGroup();
  const [edited, setEdited] = useState<LocationGroup | "new" | null>(null);
  const add = (
    <ActionButton
      leftSection={<IconPlus size={17} />}
      disabledReason={refusal}
      onClick={() => {
        setEdited("new");
      }}
    >
      {t("staff.addGroup")}
    </ActionButton>
  );
  return (
    <>
      <Panel padded={false} title={t("staff.tab.groups")} actions={add}>
        <QueryView
          query={groups}
          isEmpty={(items) => items.length === 0}
          empty={<Notice icon={IconMapPin} title={t("staff.noGroups")} text={t("staff.noGroupsText")} />}
        >
          {(items) => (
            <DataTable
              label={t("staff.tab.groups")}
              columns={[{ label: t("locations.name") }, { label: t("staff.locations") }, { label: t("common.actions"), isLabelHidden: true }]}
            >
              {items.map((group) => (
                <tr key={group.id}>
                  <td>{group.name}</td>
                  <td data-wrap>
                    <PlacesText grant={{ location_ids: group.location_ids }} />
                  </td>
                  <td data-num>
                    <Group gap="xs" wrap="nowrap" justify="flex-end">
                      <ActionButton
                        size="compact-sm"
                        variant="default"
                        disabledReason={refusal}
                        onClick={() => {
                          setEdited(group);
                        }}
                      >
                        {t("common.edit")}
                      </ActionButton>
                      <ConfirmButton
                        label={t("common.delete")}
                        title={t("staff.deleteGroup", { name: group.name })}
                        text={t("staff.deleteGroupText")}
                        refusal={refusal}
                        onConfirm={() => {
                          remove.mutate(group.id);
                        }}
                      />
                    </Group>
                  </td>
                </tr>
              ))}
            </DataTable>
          )}
        </QueryView>
      </Panel>
      {edited && (
        <GroupDialog
          group={edited === "new" ? null : edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

function GroupDialog({ group, onClose }: { group: LocationGroup | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveGroup();
  const locations = useAllLocations();
  const form = useForm({
    initialValues: { name: group?.name ?? "", location_ids: group?.location_ids ?? [] },
    validate: { name: (value) => (value.trim() ? null : t("locations.nameMissing")) },
  });
  return (
    <FormDialog
      title={group ? t("staff.editGroup", { name: group.name }) : t("staff.addGroup")}
      submitLabel={t("common.save")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, location_ids }) => {
        save.mutate({ ...(group && { id: group.id }), name: name.trim(), location_ids }, { onSuccess: onClose });
      })}
    >
      <TextInput label={t("locations.name")} required data-autofocus maxLength={100} {...form.getInputProps("name")} />
      <MultiSelect
        label={t("staff.locations")}
        searchable
        limit={50}
        data={locations.map(({ id, name }) => ({ value: id, label: name }))}
        {...form.getInputProps("location_ids")}
      />
    </FormDialog>
  );
}
