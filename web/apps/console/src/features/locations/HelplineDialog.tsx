import { TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Location } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useSetHelpline } from "./api.ts";

/** Whom drivers at a location call: it stands on the labels, in the app and on the public pages. */
export function HelplineDialog({ location, onClose }: { location: Location; onClose: () => void }) {
  const { t } = useTranslation();
  const set = useSetHelpline(location.id);
  const form = useForm({ initialValues: { help_phone: location.help_phone ?? "" } });
  return (
    <FormDialog
      title={t("locations.helplineOf", { name: location.name })}
      submitLabel={t("common.save")}
      isPending={set.isPending}
      error={set.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ help_phone }) => {
        set.mutate(help_phone.trim() === "" ? null : help_phone.trim(), { onSuccess: onClose });
      })}
    >
      <TextInput data-autofocus type="tel" label={t("locations.helpline")} description={t("locations.helplineText")} maxLength={30} {...form.getInputProps("help_phone")} />
    </FormDialog>
  );
}
