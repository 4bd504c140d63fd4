import { FileInput, Group, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useAddImage } from "./api.ts";

const VALUES = { vendor: "", model: "", version: "", file: null as File | null, sha256: "", signature: "", certificate: "" };

/** Takes an image for stations of one make, with the maker's signature where there is one. */
export function AddImageDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const add = useAddImage();
  const missing = (value: string) => (value.trim() ? null : t("firmware.missing"));
  const form = useForm({
    initialValues: VALUES,
    validate: {
      vendor: missing,
      model: missing,
      version: missing,
      file: (value) => (value && value.size > 0 ? null : t("firmware.fileMissing")),
      sha256: (value) => (/^([0-9a-f]{64})?$/i.test(value.trim()) ? null : t("firmware.sha256Wrong")),
      certificate: (value, { signature }) => ((value.trim() === "") === (signature.trim() === "") ? null : t("firmware.signatureHalf")),
    },
  });
  return (
    <FormDialog
      title={t("firmware.upload")}
      submitLabel={t("firmware.uploadNow")}
      isPending={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ vendor, model, version, file, sha256, signature, certificate }) => {
        if (!file) return;
        add.mutate(
          {
            vendor: vendor.trim(),
            model: model.trim(),
            version: version.trim(),
            file_name: file.name,
            sha256: sha256.trim() || null,
            signature: signature.trim() || null,
            signing_certificate: certificate.trim() || null,
            file,
          },
          { onSuccess: onClose },
        );
      })}
    >
      <Group grow align="flex-start">
        <TextInput label={t("firmware.vendor")} required data-autofocus maxLength={50} {...form.getInputProps("vendor")} />
        <TextInput label={t("firmware.model")} required maxLength={50} {...form.getInputProps("model")} />
      </Group>
      <Text size="sm" c="dimmed">
        {t("firmware.makeHint")}
      </Text>
      <TextInput label={t("firmware.version")} required maxLength={50} {...form.getInputProps("version")} />
      <FileInput label={t("firmware.file")} required placeholder={t("common.choose")} {...form.getInputProps("file")} />
      <TextInput label={t("firmware.sha256")} description={t("firmware.sha256Hint")} {...form.getInputProps("sha256")} />
      <Textarea label={t("firmware.signature")} description={t("firmware.signatureHint")} autosize minRows={1} maxRows={4} {...form.getInputProps("signature")} />
      <Textarea label={t("firmware.certificate")} autosize minRows={1} maxRows={4} {...form.getInputProps("certificate")} />
    </FormDialog>
  );
}
