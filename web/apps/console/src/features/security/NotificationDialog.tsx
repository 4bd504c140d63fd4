import { Group, MultiSelect, NumberInput, Switch, TagsInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { NotificationPolicy } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { allItems } from "../../shared/pages.ts";
import { useAllLocations } from "../staff/useAllLocations.ts";
import { rulesQuery, webhooksQuery } from "./api.ts";
import { notificationValues, toNotification, useSaveNotification } from "./notifications.ts";
import { SEVERITIES } from "./search.ts";

const ADDRESS = /^\S+@\S+\.\S+$/;

/** One policy: which incidents, where, who is told and when. */
export function NotificationDialog({ policy, onClose }: { policy: NotificationPolicy | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveNotification(policy?.id ?? null);
  const rules = useQuery(rulesQuery).data ?? [];
  const hooks = useInfiniteQuery(webhooksQuery).data;
  const locations = useAllLocations();
  const webhooks = hooks ? allItems(hooks).map(({ id, url, description }) => ({ value: id, label: description || url })) : [];
  const wrongAddress = (addresses: string[]) => (addresses.every((one) => ADDRESS.test(one)) ? null : t("notifications.addressWrong"));
  const form = useForm({
    initialValues: notificationValues(policy),
    validate: {
      name: (value) => (value.trim() ? null : t("notifications.nameMissing")),
      emails: (value, { webhook_ids }) => (value.length + webhook_ids.length === 0 ? t("notifications.whoMissing") : wrongAddress(value)),
      quiet_until: (value, { quiet_from }) => ((value === "") === (quiet_from === "") ? null : t("notifications.quietHalf")),
      location_ids: (value, { isBound }) => (isBound && value.length === 0 ? t("staff.placesMissing") : null),
      escalate_emails: (value, { escalates, escalate_webhook_ids }) =>
        !escalates ? null : value.length + escalate_webhook_ids.length === 0 ? t("notifications.whoMissing") : wrongAddress(value),
    },
  });
  const { isBound, escalates } = form.values;
  return (
    <FormDialog
      title={policy ? t("notifications.edit", { name: policy.name }) : t("notifications.add")}
      submitLabel={t("common.save")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => {
        save.mutate(toNotification(values), { onSuccess: onClose });
      })}
    >
      <TextInput label={t("locations.name")} required data-autofocus maxLength={100} {...form.getInputProps("name")} />
      <Switch label={t("notifications.enabled")} {...form.getInputProps("is_enabled", { type: "checkbox" })} />
      <MultiSelect
        label={t("notifications.severities")}
        placeholder={form.values.severities.length === 0 ? t("notifications.allSeverities") : ""}
        data={SEVERITIES.map((value) => ({ value, label: t(`incidents.severity.${value}`) }))}
        {...form.getInputProps("severities")}
      />
      <MultiSelect
        label={t("notifications.rules")}
        placeholder={form.values.rule_ids.length === 0 ? t("notifications.allRules") : ""}
        searchable
        data={rules.map(({ id, title }) => ({ value: id, label: `${id} · ${title}` }))}
        {...form.getInputProps("rule_ids")}
      />
      <Switch label={t("staff.someLocations")} {...form.getInputProps("isBound", { type: "checkbox" })} />
      {isBound && (
        <MultiSelect
          label={t("staff.locations")}
          searchable
          limit={50}
          data={locations.map(({ id, name }) => ({ value: id, label: name }))}
          {...form.getInputProps("location_ids")}
        />
      )}
      <TagsInput label={t("notifications.emails")} description={t("notifications.emailsHint")} acceptValueOnBlur splitChars={[",", ";", " "]} {...form.getInputProps("emails")} />
      <MultiSelect label={t("notifications.webhooks")} data={webhooks} nothingFoundMessage={t("notifications.noWebhooks")} {...form.getInputProps("webhook_ids")} />
      <Group grow align="flex-start">
        <TextInput type="time" label={t("notifications.quietFrom")} {...form.getInputProps("quiet_from")} />
        <TextInput type="time" label={t("notifications.quietUntil")} {...form.getInputProps("quiet_until")} />
      </Group>
      <TextInput label={t("notifications.timeZone")} description={t("notifications.quietHint")} maxLength={64} {...form.getInputProps("time_zone")} />
      <NumberInput label={t("notifications.dedupe")} description={t("notifications.dedupeHint")} min={0} max={10_080} allowDecimal={false} {...form.getInputProps("dedupeMinutes")} />
      <Switch label={t("notifications.escalates")} {...form.getInputProps("escalates", { type: "checkbox" })} />
      {escalates && (
        <>
          <NumberInput label={t("notifications.escalateAfter")} min={1} max={10_080} allowDecimal={false} {...form.getInputProps("escalateMinutes")} />
          <TagsInput label={t("notifications.escalateEmails")} acceptValueOnBlur splitChars={[",", ";", " "]} {...form.getInputProps("escalate_emails")} />
          <MultiSelect label={t("notifications.escalateWebhooks")} data={webhooks} nothingFoundMessage={t("notifications.noWebhooks")} {...form.getInputProps("escalate_webhook_ids")} />
        </>
      )}
    </FormDialog>
  );
}
