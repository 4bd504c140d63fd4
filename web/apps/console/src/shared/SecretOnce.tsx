import { Button, Code, Group, Modal, Stack, Text } from "@mantine/core";
import { Callout, CopyAction, IconDownload, IconPrinter } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { download } from "./download.ts";

interface SecretOnceProps {
  title: string;
  text: string;
  secrets: string[];
  fileName: string;
  onClose: () => void;
}

/** Shows what is never shown again: it closes only when the reader says that it is kept. */
export function SecretOnce({ title, text, secrets, fileName, onClose }: SecretOnceProps) {
  const { t } = useTranslation();
  const all = secrets.join("\n");
  return (
    <Modal opened onClose={onClose} withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false} title={<Text fw={650}>{title}</Text>}>
      <Stack>
        <Callout>{text}</Callout>
        <Group justify="space-between" wrap="nowrap" align="flex-start">
          <Code block fz="sm" style={{ flex: 1, overflowWrap: "anywhere", whiteSpace: "pre-wrap" }}>
            {all}
          </Code>
          <CopyAction text={all} label={t("common.copy")} copiedLabel={t("common.copied")} />
        </Group>
        <Group justify="space-between">
          <Group gap="xs">
            <Button
              variant="default"
              size="xs"
              leftSection={<IconDownload size={15} />}
              onClick={() => {
                download(fileName, `${all}\n`, "text/plain");
              }}
            >
              {t("once.save")}
            </Button>
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPrinter size={15} />}
              onClick={() => {
                window.print();
              }}
            >
              {t("once.print")}
            </Button>
          </Group>
          <Button onClick={onClose}>{t("once.kept")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
