import { Select, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import type { Ticket } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useAddTicket } from "./api.ts";
import { TICKET_KINDS, TICKET_PRIORITIES } from "./search.ts";

interface AddTicketDialogProps {
  /** What it is about, as far as the page knows. */
  about: { station_id?: string | undefined; session_id?: string | undefined; driver_id?: string | undefined };
  onClose: () => void;
}

export function AddTicketDialog({ about, onClose }: AddTicketDialogProps) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const add = useAddTicket();
  const form = useForm({
    initialValues: { subject: "", kind: "problem" as Ticket["kind"], priority: "normal" as Ticket["priority"], contact: "", text: "" },
    validate: { subject: (value) => (value.trim() ? null : t("tickets.subjectMissing")) },
  });
  return (
    <FormDialog
      title={t("tickets.add")}
      submitLabel={t("tickets.add")}
      isPending={add.isPending}
      error={add.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ subject, contact, text, ...values }) => {
        const body = { ...about, ...values, subject: subject.trim(), contact: contact.trim() || null, text: text.trim() || null };
        add.mutate(body, {
          onSuccess: ({ id }) => {
            onClose();
            void navigate(paths.ticket(id));
          },
        });
      })}
    >
      <TextInput label={t("tickets.subject")} required data-autofocus maxLength={200} {...form.getInputProps("subject")} />
      <Select
        label={t("tickets.kindLabel")}
        allowDeselect={false}
        data={TICKET_KINDS.map((value) => ({ value, label: t(`tickets.kind.${value}`) }))}
        {...form.getInputProps("kind")}
      />
      <Select
        label={t("tickets.priorityLabel")}
        allowDeselect={false}
        data={TICKET_PRIORITIES.map((value) => ({ value, label: t(`tickets.priority.${value}`) }))}
        {...form.getInputProps("priority")}
      />
      <TextInput label={t("tickets.contact")} description={t("tickets.contactHint")} maxLength={200} {...form.getInputProps("contact")} />
      <Textarea label={t("tickets.text")} autosize minRows={3} maxLength={5000} {...form.getInputProps("text")} />
    </FormDialog>
  );
}
