import { Select, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Template } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useLocationNames } from "../locations/api.ts";
import { useSaveTemplate } from "./api.ts";
import { joinSteps, splitSteps } from "./steps.ts";

/** Adds a template or changes one; steps that are no settings stay as they are. */
export function TemplateDialog({ template, onClose }: { template: Template | null; onClose: () => void }) {
  const { t } = useTranslation();
  const save = useSaveTemplate(template?.id ?? null);
  const locations = useLocationNames();
  const { settings, others } = splitSteps(template?.steps ?? []);
  const form = useForm({
    initialValues: {
      ...{ name: template?.name ?? "", vendor: template?.vendor ?? "", model: template?.model ?? "" },
      ...{ location: template?.location_id ?? null, isAccepting: template?.is_accepting ?? false, settings },
    },
    validate: {
      name: (value) => (value.trim() ? null : t("templates.nameMissing")),
      settings: (value) => (joinSteps(value, others).length > 0 ? null : t("templates.settingsMissing")),
    },
  });
  const title = template ? t("templates.edit", { name: template.name }) : t("templates.add");
  return (
    <FormDialog
      title={title}
      submitLabel={t("common.save")}
      isPending={save.isPending}
      error={save.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, vendor, model, location, isAccepting, settings: lines }) => {
        save.mutate(
          {
            ...{ name: name.trim(), vendor: vendor.trim() || null, model: model.trim() || null, location_id: location },
            ...{ is_accepting: isAccepting, steps: joinSteps(lines, others) },
          },
          { onSuccess: onClose },
        );
      })}
    >
      <TextInput label={t("templates.name")} required data-autofocus maxLength={100} {...form.getInputProps("name")} />
      <TextInput label={t("stations.vendor")} description={t("templates.anyHint")} maxLength={50} {...form.getInputProps("vendor")} />
      <TextInput label={t("stations.model")} maxLength={50} {...form.getInputProps("model")} />
      <Select label={t("stations.column.location")} placeholder={t("stations.anyLocation")} clearable searchable data={locations.options} {...form.getInputProps("location")} />
      <Textarea
        label={t("templates.settings")}
        description={t("commands.hint.variable_values")}
        autosize
        minRows={4}
        className="vw-mono"
        {...form.getInputProps("settings")}
      />
      {others.length > 0 && (
        <Text size="sm" c="dimmed">
          {t("templates.others", { steps: others.map(({ type }) => type).join(", ") })}
        </Text>
      )}
      <Switch label={t("templates.accepting")} {...form.getInputProps("isAccepting", { type: "checkbox" })} />
    </FormDialog>
  );
}
