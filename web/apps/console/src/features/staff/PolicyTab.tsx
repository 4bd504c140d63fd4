import { Checkbox, NumberInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { LogInPolicy, Role } from "@voltway/api";
import { ActionButton, Callout, IconShieldCheck, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { allItems } from "../../shared/pages.ts";
import { problemText } from "../../shared/problemText.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { accountQuery } from "../account/api.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { membersQuery, policyQuery, useSetPolicy } from "./api.ts";
import { STAFF_ROLES } from "./grants.ts";

/** `driver` stands last: drivers are no staff, but may be asked for a second factor as well. */
const ROLES: Role[] = [...STAFF_ROLES, "custom", "driver"];

/** Who must log in with a second factor. */
export function PolicyTab() {
  const policy = useQuery(policyQuery);
  return <QueryView query={policy}>{(data) => <PolicyForm key={JSON.stringify(data)} policy={data} />}</QueryView>;
}

function PolicyForm({ policy }: { policy: LogInPolicy }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refusal = useRefusal("admin");
  const { data: account } = useQuery(accountQuery);
  const members = useInfiniteQuery(membersQuery);
  const set = useSetPolicy();
  const form = useForm({ initialValues: { mfa_roles: policy.mfa_roles, mfa_grace_days: policy.mfa_grace_days as number | string } });
  const { mfa_roles, mfa_grace_days } = form.getValues();
  const lacking = (members.data ? allItems(members.data) : []).filter(({ role, is_active, second_factors }) => is_active && mfa_roles.includes(role) && !second_factors?.length);
  const isOwnRole = account !== undefined && mfa_roles.includes(account.role) && !policy.mfa_roles.includes(account.role);
  return (
    <Panel title={t("policy.title")}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          set.mutate({ mfa_roles: values.mfa_roles, mfa_grace_days: Number(values.mfa_grace_days) });
        })}
      >
        <Stack maw={640}>
          <Text size="sm">{t("policy.text")}</Text>
          {set.error && (
            <Callout tone="faulted" role="alert">
              {problemText(set.error)}
            </Callout>
          )}
          <Checkbox.Group label={t("policy.roles")} {...form.getInputProps("mfa_roles")}>
            <Stack gap="xs" mt="xs">
              {ROLES.map((role) => (
                <Checkbox key={role} value={role} label={t(`staff.role.${role}`)} />
              ))}
            </Stack>
          </Checkbox.Group>
          <NumberInput label={t("policy.grace")} description={t("policy.graceHint")} min={0} max={365} allowDecimal={false} w={260} {...form.getInputProps("mfa_grace_days")} />
          {lacking.length > 0 && (
            <Callout tone="warning" title={t("policy.lacking", { count: lacking.length, days: Number(mfa_grace_days) })}>
              {lacking.map(({ name, email }) => `${name} (${email})`).join(", ")}
            </Callout>
          )}
          {isOwnRole && <Callout>{t("policy.ownRole")}</Callout>}
          <div>
            <ActionButton
              type="submit"
              leftSection={<IconShieldCheck size={17} />}
              loading={set.isPending}
              disabledReason={refusal ?? (mfa_grace_days === "" ? t("policy.graceMissing") : form.isDirty() ? undefined : t("policy.unchanged"))}
            >
              {t("common.save")}
            </ActionButton>
          </div>
          {policy.mfa_since && (
            <Text size="xs" c="dimmed">
              {t("policy.since", { date: format.dateTime(policy.mfa_since) })}
            </Text>
          )}
        </Stack>
      </form>
    </Panel>
  );
}
