import { Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Mail } from "@voltway/api";
import { Callout } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { QueryView } from "../../shared/QueryView.tsx";
import { mailQuery } from "./api.ts";

/** One mail: its text where mails lie in a folder, else why it is not here. */
export function MailDialog({ mail, onClose }: { mail: Mail; onClose: () => void }) {
  const { t } = useTranslation();
  const found = useQuery(mailQuery(mail.id));
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={<Text fw={650}>{mail.subject}</Text>}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t("mails.sentTo", { to: mail.to })}
        </Text>
        {mail.last_error && <Callout tone="faulted">{mail.last_error}</Callout>}
        <QueryView query={found} isEmpty={({ text }) => text === null} empty={<Callout>{t("mails.noText")}</Callout>}>
          {({ text }) => (
            <Text component="pre" size="sm" m={0} className="vw-mono" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
              {text}
            </Text>
          )}
        </QueryView>
      </Stack>
    </Modal>
  );
}
