import { Group, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { InvitationCreate } from "@voltway/api";
import { ActionButton, IconMail, IconUserPlus, Notice } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../shared/Age.tsx";
import { ConfirmButton } from "../../shared/ConfirmButton.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { invitationsQuery, useInvite, useResendInvitation, useRevokeInvitation } from "./api.ts";
import { GrantFields, placesMissing } from "./GrantFields.tsx";
import { grantOf, grantValues } from "./grants.ts";
import { PlacesText } from "./PlacesText.tsx";
import { useRoleName } from "./useRoleName.ts";

export function InvitationsTab() {
  const { t } = useTranslation();
  const format = useFormat();
  const invitations = useInfiniteQuery(invitationsQuery);
  const roleName = useRoleName();
  const refusal = useRefusal("members:write");
  const resend = useResendInvitation();
  const revoke = useRevokeInvitation();
  const [isInviting, setInviting] = useState(false);
  const invite = (
    <ActionButton
      leftSection={<IconUserPlus size={17} />}
      disabledReason={refusal}
      onClick={() => {
        setInviting(true);
      }}
    >
      {t("staff.invite")}
    </ActionButton>
  );
  return (
    <>
      <ListPanel
        query={invitations}
        title={t("staff.open")}
        actions={invite}
        empty={<Notice icon={IconMail} title={t("staff.noInvitations")} text={t("staff.noInvitationsText")} />}
      >
        {(items) => (
          <DataTable
            label={t("staff.tab.invitations")}
            columns={[
              { label: t("account.email") },
              { label: t("staff.roleLabel") },
              { label: t("staff.where") },
              { label: t("staff.by") },
              { label: t("staff.sent") },
              { label: t("idTokens.expires") },
              { label: t("common.actions"), isLabelHidden: true },
            ]}
          >
            {items.map((one) => (
              <tr key={one.id}>
                <td>{one.email}</td>
                <td>{roleName(one)}</td>
                <td data-wrap>
                  <PlacesText grant={one} />
                </td>
                <td>{one.invited_by_name}</td>
                <td>
                  <Age at={one.sent_at} />
                </td>
                <td>{format.date(one.expires_at)}</td>
                <td data-num>
                  <Group gap="xs" wrap="nowrap" justify="flex-end">
                    <ActionButton
                      size="compact-sm"
                      variant="default"
                      disabledReason={refusal}
                      loading={resend.isPending && resend.variables === one.id}
                      onClick={() => {
                        resend.mutate(one.id);
                      }}
                    >
                      {t("mails.retry")}
                    </ActionButton>
                    <ConfirmButton
                      label={t("staff.revoke")}
                      title={t("staff.revokeTitle")}
                      text={t("staff.revokeText", { email: one.email })}
                      refusal={refusal}
                      onConfirm={() => {
                        revoke.mutate(one.id);
                      }}
                    />
                  </Group>
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </ListPanel>
      {isInviting && (
        <InviteDialog
          onClose={() => {
            setInviting(false);
          }}
        />
      )}
    </>
  );
}

const LOCALES = { en: "English", de: "Deutsch", zh: "中文" };

function InviteDialog({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const invite = useInvite();
  const form = useForm({
    initialValues: { email: "", locale: i18n.language as NonNullable<InvitationCreate["locale"]>, ...grantValues() },
    validate: {
      email: (value) => (value.includes("@") ? null : t("account.emailMissing")),
      location_group_ids: (_, values) => (placesMissing(values) ? t("staff.placesMissing") : null),
    },
  });
  return (
    <FormDialog
      title={t("staff.invite")}
      submitLabel={t("staff.sendInvitation")}
      isPending={invite.isPending}
      error={invite.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ email, locale, ...grant }) => {
        invite.mutate({ email: email.trim(), locale, grant: grantOf(grant) }, { onSuccess: onClose });
      })}
    >
      <TextInput label={t("account.email")} type="email" required data-autofocus maxLength={254} {...form.getInputProps("email")} />
      <GrantFields form={form} />
      <Select
        label={t("staff.mailLanguage")}
        allowDeselect={false}
        data={Object.entries(LOCALES).map(([value, label]) => ({ value, label }))}
        {...form.getInputProps("locale")}
      />
    </FormDialog>
  );
}
