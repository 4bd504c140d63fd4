import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode, SubmitEventHandler } from "react";
import { Callout } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { problemText } from "./problemText.ts";

interface FormDialogProps {
  title: string;
  submitLabel: string;
  isPending: boolean;
  error: Error | null;
  onSubmit: SubmitEventHandler<HTMLFormElement>;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog with one form: its refusal on top, cancel and submit below. */
export function FormDialog({ title, submitLabel, isPending, error, onSubmit, onClose, children }: FormDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={onClose} title={<Text fw={650}>{title}</Text>} closeButtonProps={{ "aria-label": t("common.close") }}>
      <form noValidate onSubmit={onSubmit}>
        <Stack>
          {error && (
            <Callout tone="faulted" role="alert">
              {problemText(error)}
            </Callout>
          )}
          {children}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t("common.cancel")}
            </Button>
            <Button type="submit" loading={isPending}>
              {submitLabel}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
