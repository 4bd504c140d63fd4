import { Button, Group, Modal, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface ConfirmProps {
  title: string;
  text: ReactNode;
  confirmLabel: string;
  onConfirm: () => void;
  /** Draws what opens the question. */
  children: (open: () => void) => ReactNode;
}

/** Asks before something that a person at the station will notice. */
export function Confirm({ title, text, confirmLabel, onConfirm, children }: ConfirmProps) {
  const { t } = useTranslation();
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      {children(open)}
      <Modal opened={isOpen} onClose={close} title={<Text fw={650}>{title}</Text>} closeButtonProps={{ "aria-label": t("common.close") }}>
        <Text size="sm">{text}</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close} data-autofocus>
            {t("common.cancel")}
          </Button>
          <Button
            color="red"
            onClick={() => {
              close();
              onConfirm();
            }}
          >
            {confirmLabel}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
