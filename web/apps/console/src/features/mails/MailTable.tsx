import { Button } from "@mantine/core";
import type { Mail, MailState } from "@voltway/api";
import { ActionButton, IconBan, IconCheck, IconClock, IconX, StatusPill, type Icon, type Tone } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { DataTable } from "../../shared/DataTable.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useRetryMail } from "./api.ts";

const LOOK: Record<MailState, { tone: Tone; icon: Icon }> = {
  queued: { tone: "occupied", icon: IconClock },
  sent: { tone: "available", icon: IconCheck },
  failed: { tone: "faulted", icon: IconX },
  dropped: { tone: "unavailable", icon: IconBan },
};

export function MailTable({ mails, onOpen }: { mails: Mail[]; onOpen: (mail: Mail) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <DataTable
      label={t("mails.title")}
      columns={[
        { label: t("mails.at") },
        { label: t("mails.to") },
        { label: t("mails.subject") },
        { label: t("mails.kind") },
        { label: t("mails.stateLabel") },
        { label: t("common.actions"), isLabelHidden: true },
      ]}
    >
      {mails.map((mail) => {
        const look = LOOK[mail.state];
        return (
          <tr key={mail.id}>
            <td>{format.dateTime(mail.created_at)}</td>
            <td>{mail.to}</td>
            <td data-wrap>
              <Button
                variant="transparent"
                size="compact-sm"
                px={0}
                onClick={() => {
                  onOpen(mail);
                }}
              >
                {mail.subject}
              </Button>
            </td>
            <td className="vw-mono">{mail.kind}</td>
            <td title={mail.last_error ?? undefined}>
              <StatusPill tone={look.tone} icon={look.icon}>
                {t(`mails.state.${mail.state}`)}
              </StatusPill>
            </td>
            <td data-num>{mail.can_retry && <RetryButton mail={mail} />}</td>
          </tr>
        );
      })}
    </DataTable>
  );
}

function RetryButton({ mail }: { mail: Mail }) {
  const { t } = useTranslation();
  const retry = useRetryMail();
  const refusal = useRefusal("admin");
  return (
    <ActionButton
      size="compact-sm"
      variant="default"
      disabledReason={refusal}
      loading={retry.isPending}
      onClick={() => {
        retry.mutate(mail, {
          onSuccess: ({ to }) => {
            notifyDone(t("mails.retried", { to }));
          },
        });
      }}
    >
      {t("mails.retry")}
    </ActionButton>
  );
}
