import { Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "./FormDialog.tsx";

interface ReasonDialogProps {
  title: string;
  text: ReactNode;
  submitLabel: string;
  isPending: boolean;
  error: Error | null;
  onSubmit: (reason: string) => void;
  onClose: () => void;
}

/** Asks why, before something that others will want to understand later; the reason lands in the audit log. */
export function ReasonDialog({ title, text, submitLabel, isPending, error, onSubmit, onClose }: ReasonDialogProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { reason: "" },
    validate: { reason: (value) => (value.trim() ? null : t("reason.missing")) },
  });
  return (
    <FormDialog
      title={title}
      submitLabel={submitLabel}
      isPending={isPending}
      error={error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ reason }) => {
        onSubmit(reason.trim());
      })}
    >
      {text}
      <Textarea label={t("reason.label")} required data-autofocus autosize minRows={2} maxLength={500} {...form.getInputProps("reason")} />
    </FormDialog>
  );
}
