import { Select, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { allItems } from "../../shared/pages.ts";
import { TRIGGER_MESSAGES } from "../commands/forms.ts";
import { templatesQuery } from "../templates/api.ts";
import { useOrderBulk } from "./api.ts";
import { argumentsOf, NEEDS_REASON, type BulkType, type BulkValues } from "./orders.ts";

interface BulkDialogProps {
  type: BulkType;
  stationIds: string[];
  onClose: () => void;
}

/** Asks for what an order needs, gives it, and opens the page that says what becomes of it. */
export function BulkDialog({ type, stationIds, onClose }: BulkDialogProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const order = useOrderBulk();
  const initialValues: BulkValues & { reason: string } = { mode: "on_idle", operative: "false", message: "StatusNotification", template: null, reason: "" };
  const form = useForm({
    initialValues,
    validate: {
      reason: (value) => (NEEDS_REASON.has(type) && !value.trim() ? t("reason.missing") : null),
      template: (value) => (type === "apply_template" && !value ? t("bulk.templateMissing") : null),
    },
  });
  return (
    <FormDialog
      title={t(`bulk.action.${type}`)}
      submitLabel={t("bulk.order", { count: stationIds.length })}
      isPending={order.isPending}
      error={order.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ reason, ...values }) => {
        order.mutate(
          { type, arguments: argumentsOf(type, values), station_ids: stationIds, reason: reason.trim() || null },
          {
            onSuccess: ({ id }) => {
              void navigate(paths.bulkOrder(id));
            },
          },
        );
      })}
    >
      <Text size="sm">{t(`bulk.about.${type}`, { count: stationIds.length })}</Text>
      {type === "reset" && (
        <Select
          label={t("commands.field.mode")}
          allowDeselect={false}
          data={(["on_idle", "immediate"] as const).map((value) => ({ value, label: t(`commands.mode.${value}`) }))}
          {...form.getInputProps("mode")}
        />
      )}
      {type === "change_availability" && (
        <Select
          label={t("commands.field.operative")}
          allowDeselect={false}
          data={(["false", "true"] as const).map((value) => ({ value, label: t(`commands.operative.${value}`) }))}
          {...form.getInputProps("operative")}
        />
      )}
      {type === "trigger_message" && (
        <Select label={t("commands.field.message")} allowDeselect={false} data={[...TRIGGER_MESSAGES]} {...form.getInputProps("message")} />
      )}
      {type === "apply_template" && <TemplateChoice {...form.getInputProps("template")} />}
      <Textarea label={t("reason.label")} required={NEEDS_REASON.has(type)} autosize minRows={2} maxLength={500} {...form.getInputProps("reason")} />
    </FormDialog>
  );
}

function TemplateChoice(input: object) {
  const { t } = useTranslation();
  const templates = useInfiniteQuery(templatesQuery);
  const data = templates.data ? allItems(templates.data).map(({ id, name }) => ({ value: id, label: name })) : [];
  return <Select label={t("bulk.template")} required placeholder={t("common.choose")} nothingFoundMessage={t("bulk.noTemplates")} data={data} {...input} />;
}
