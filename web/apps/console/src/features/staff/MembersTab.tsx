import { Group, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Member } from "@voltway/api";
import { ActionButton, IconBan, IconCheck, IconUsers, Notice, StatusPill } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { ReasonDialog } from "../../shared/ReasonDialog.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { accountQuery } from "../account/api.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { membersQuery, usePatchMember, useRemoveMember, useSetActivity } from "./api.ts";
import { GrantFields, placesMissing } from "./GrantFields.tsx";
import { grantOf, grantValues } from "./grants.ts";
import { PlacesText } from "./PlacesText.tsx";
import { useRoleName } from "./useRoleName.ts";

export function MembersTab() {
  const { t } = useTranslation();
  const format = useFormat();
  const members = useInfiniteQuery(membersQuery);
  const roleName = useRoleName();
  const { data: account } = useQuery(accountQuery);
  const mayWrite = useRefusal("members:write");
  const mayAdmin = useRefusal("admin");
  const [edited, setEdited] = useState<Member | null>(null);
  const [removed, setRemoved] = useState<Member | null>(null);
  const [switched, setSwitched] = useState<Member | null>(null);
  return (
    <>
      <ListPanel query={members} empty={<Notice icon={IconUsers} title={t("staff.noMembers")} />}>
        {(items) => (
          <DataTable
            label={t("staff.tab.members")}
            columns={[
              { label: t("locations.name") },
              { label: t("staff.roleLabel") },
              { label: t("staff.where") },
              { label: t("idTokens.statusLabel") },
              { label: t("policy.factor") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((member) => {
              const isSelf = member.id === account?.id ? t("staff.notSelf") : undefined;
              return (
                <tr key={member.id}>
                  <td>
                    <Text size="sm" fw={600}>
                      {member.name}
                    </Text>
                    <Text size="xs" c="dimmed" title={t("staff.memberSince", { date: format.date(member.created_at) })}>
                      {member.email}
                    </Text>
                  </td>
                  <td>{roleName(member)}</td>
                  <td data-wrap>
                    <PlacesText grant={member} />
                  </td>
                  <td>
                    <StatusPill tone={member.is_active ? "available" : "unavailable"} icon={member.is_active ? IconCheck : IconBan}>
                      {member.is_active ? t("staff.active") : t("staff.inactive")}
                    </StatusPill>
                  </td>
                  <td>{member.second_factors?.length ? member.second_factors.map((kind) => t(kind === "passkey" ? "policy.passkey" : "policy.totp")).join(", ") : t("policy.noFactor")}</td>
                  <td data-num>
                    <Group gap={6} wrap="nowrap" justify="flex-end">
                      <ActionButton
                        size="compact-sm"
                        variant="default"
                        disabledReason={mayWrite ?? isSelf}
                        onClick={() => {
                          setEdited(member);
                        }}
                      >
                        {t("staff.changeRole")}
                      </ActionButton>
                      <ActionButton
                        size="compact-sm"
                        variant="default"
                        disabledReason={mayAdmin ?? isSelf}
                        onClick={() => {
                          setSwitched(member);
                        }}
                      >
                        {member.is_active ? t("staff.switchOff") : t("staff.switchOn")}
                      </ActionButton>
                      <ActionButton
                        size="compact-sm"
                        variant="default"
                        disabledReason={mayWrite ?? isSelf}
                        onClick={() => {
                          setRemoved(member);
                        }}
                      >
                        {t("common.remove")}
                      </ActionButton>
                    </Group>
                  </td>
                </tr>
              );
            })}
          </DataTable>
        )}
      </ListPanel>
      {edited && (
        <GrantDialog
          member={edited}
          onClose={() => {
            setEdited(null);
          }}
        />
      )}
      {removed && (
        <RemoveDialog
          member={removed}
          onClose={() => {
            setRemoved(null);
          }}
        />
      )}
      {switched && (
        <ActivityDialog
          member={switched}
          onClose={() => {
            setSwitched(null);
          }}
        />
      )}
    </>
  );
}

function GrantDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation();
  const patch = usePatchMember();
  const form = useForm({
    initialValues: grantValues(member),
    validate: { location_group_ids: (_, values) => (placesMissing(values) ? t("staff.placesMissing") : null) },
  });
  return (
    <FormDialog
      title={t("staff.grantTitle", { name: member.name })}
      submitLabel={t("common.save")}
      isPending={patch.isPending}
      error={patch.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => {
        patch.mutate({ id: member.id, grant: grantOf(values) }, { onSuccess: onClose });
      })}
    >
      <GrantFields form={form} />
    </FormDialog>
  );
}

function RemoveDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveMember();
  return (
    <FormDialog
      title={t("staff.removeTitle", { name: member.name })}
      submitLabel={t("staff.removeMember")}
      isPending={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onSubmit={(event) => {
        event.preventDefault();
        remove.mutate(member.id, { onSuccess: onClose });
      }}
    >
      <Text size="sm">{t("staff.removeText", { email: member.email })}</Text>
    </FormDialog>
  );
}

function ActivityDialog({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useTranslation();
  const set = useSetActivity();
  return (
    <ReasonDialog
      title={t(member.is_active ? "staff.switchOffTitle" : "staff.switchOnTitle", { name: member.name })}
      text={<Text size="sm">{member.is_active ? t("staff.switchOffText") : t("staff.switchOnText")}</Text>}
      submitLabel={member.is_active ? t("staff.switchOff") : t("staff.switchOn")}
      isPending={set.isPending}
      error={set.error}
      onClose={onClose}
      onSubmit={(reason) => {
        set.mutate({ id: member.id, is_active: !member.is_active, reason }, { onSuccess: onClose });
      }}
    />
  );
}
