import { Accordion, Badge, Button, Checkbox, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import type { Permission, RoleDefinition } from "@voltway/api";
import { ActionButton, IconPlus, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "../../shared/Confirm.tsx";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { accountQuery } from "../account/api.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { rolesQuery, useDeleteRole, useSaveRole } from "./api.ts";
import { grantable, PERMISSION_TABLE } from "./grants.ts";

/** All roles, each with what it includes in words; the operator's own can be changed. */
export function RolesTab() {
  const { t } = useTranslation();
  const roles = useQuery(rolesQuery);
  const refusal = useRefusal("members:write");
  const remove = useDeleteRole();
  const [edited, setEdited] = useState<RoleDefinition | "new" | null>(null);
  return (
    <>
      <Panel
        padded={false}
        title={t("staff.tab.roles")}
        actions={
          <ActionButton
            leftSection={<IconPlus size={17} />}
            disabledReason={refusal}
            onClick={() => {
              setEdited("new");
            }}
          >
            {t("staff.addRole")}
          </ActionButton>
        }
      >
        <QueryView query={roles}>
          {(items) => (
            <Accordion>
              {items.map((role) => (
                <Accordion.Item key={role.id} value={role.id}>
                  <Accordion.Control>
                    <Group gap="sm">
                      <Text fw={600}>{role.is_built_in ? t(`staff.role.${role.id}`, { defaultValue: role.name }) : role.name}</Text>
                      {!role.is_built_in && <Badge variant="light">{t("staff.own")}</Badge>}
                      {role.is_bound && (
                        <Text size="xs" c="dimmed">
                          {t("staff.boundRole")}
                        </Text>
                      )}
                      <Text size="xs" c="dimmed">
                        {t("staff.permissionCount", { count: role.permissions.length })}
                      </Text>
                    </Group>
                  </Accordion.Control>
                  <Accordion.Panel>
                    <PermissionList permissions={role.permissions} />
                    {!role.is_built_in && (
                      <Group mt="md">
                        <ActionButton
                          size="xs"
                          variant="default"
                          disabledReason={refusal}
                          onClick={() => {
                            setEdited(role);
                          }}
                        >
                          {t("common.edit")}
                        </ActionButton>
                        <Confirm
                          title={t("staff.deleteRole", { name: role.name })}
                          text={t("staff.deleteRoleText")}
                          confirmLabel={t("common.delete")}
                          onConfirm={() => {
                            remove.mutate(role.id);
                          }}
                        >
                          {(open) => (
                            <ActionButton size="xs" variant="default" disabledReason={refusal} onClick={open}>
                              {t("common.delete")}
                            </ActionButton>
                          )}
                        </Confirm>
                      </Group>
                    )}
                  </Accordion.Panel>
                </Accordion.Item>
              ))}
            </Accordion>
          )}
        </QueryView>
      </Panel>
      {edited && (
        <RoleDialog
          role={edited === "new" ? null : edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
    </>
  );
}

function PermissionList({ permissions }: { permissions: readonly Permission[] }) {
  const { t } = useTranslation();
  return (
    <dl className="vw-facts">
      {PERMISSION_TABLE.map(([about, all]) => {
        const has = all.filter((one) => permissions.includes(one));
        if (has.length === 0) return null;
        return (
          <div key={about} style={{ display: "contents" }}>
            <dt>{t(`staff.about.${about}`, { defaultValue: about })}</dt>
            <dd>{has.map((one) => t(`staff.permission.${permissionKey(one)}`)).join(" · ")}</dd>
          </div>
        );
      })}
    </dl>
  );
}

/** i18next reads colons as a namespace's end. */
function permissionKey<P extends string>(permission: P) {
  return permission.replace(":", "_") as P extends `${infer A}:${infer B}` ? `${A}_${B}` : P;
}

function RoleDialog({ role, onClose }: { role: RoleDefinition | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveRole();
  const { data: account } = useQuery(accountQuery);
  const form = useForm({
    initialValues: { name: role?.name ?? "", permissions: role?.permissions ?? [] },
    validate: {
      name: (value) => (value.trim() ? null : t("locations.nameMissing")),
      permissions: (value) => (value.length > 0 ? null : t("staff.permissionMissing")),
    },
  });
  const chosen = form.getValues().permissions;
  return (
    <FormDialog
      title={role ? t("staff.editRole", { name: role.name }) : t("staff.addRole")}
      submitLabel={t("common.save")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, permissions }) => {
        save.mutate({ ...(role && { id: role.id }), name: name.trim(), permissions }, { onSuccess: onClose });
      })}
    >
      <TextInput label={t("locations.name")} required data-autofocus maxLength={100} {...form.getInputProps("name")} />
      <Stack gap="xs">
        {grantable(account?.permissions ?? []).map(([about, permissions]) => (
          <fieldset key={about} style={{ border: 0, padding: 0, margin: 0 }}>
            <Group justify="space-between" component="legend" w="100%" mb={4}>
              <Title order={3}>{t(`staff.about.${about}`, { defaultValue: about })}</Title>
              <Button
                size="compact-xs"
                variant="subtle"
                onClick={() => {
                  const isAll = permissions.every((one) => chosen.includes(one));
                  const others = chosen.filter((one) => !permissions.includes(one));
                  form.setFieldValue("permissions", isAll ? others : [...others, ...permissions]);
                }}
              >
                {t("staff.allOrNone")}
              </Button>
            </Group>
            <Checkbox.Group {...form.getInputProps("permissions")} error={null}>
              <Stack gap={6}>
                {permissions.map((one) => (
                  <Checkbox key={one} value={one} label={t(`staff.permission.${permissionKey(one)}`)} />
                ))}
              </Stack>
            </Checkbox.Group>
          </fieldset>
        ))}
        {form.errors.permissions && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {form.errors.permissions}
          </Text>
        )}
      </Stack>
    </FormDialog>
  );
}
