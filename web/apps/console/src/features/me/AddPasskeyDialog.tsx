import { Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useAddPasskey } from "./api.ts";

export function AddPasskeyDialog({ onAdded, onClose }: { onAdded: (codes: string[] | null) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const add = useAddPasskey();
  const form = useForm({
    initialValues: { name: "" },
    validate: { name: (value) => (value.trim() ? null : t("locations.nameMissing")) },
  });
  return (
    <FormDialog
      title={t("me.addPasskey")}
      submitLabel={t("me.continue")}
      isPending={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name }) => {
        add.mutate(name.trim(), {
          onSuccess: (added) => {
            if (!added) return;
            notifyDone(t("me.passkeyAdded", { name: added.passkey.name }));
            onClose();
            onAdded(added.recovery_codes);
          },
        });
      })}
    >
      <Text size="sm">{t("me.addPasskeyText")}</Text>
      <TextInput label={t("me.passkeyName")} placeholder={t("me.passkeyExample")} data-autofocus maxLength={200} {...form.getInputProps("name")} />
    </FormDialog>
  );
}
