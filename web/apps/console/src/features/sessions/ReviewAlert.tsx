import { Group, List, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { Session } from "@voltway/api";
import { ActionButton, Callout } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { ReasonDialog } from "../../shared/ReasonDialog.tsx";
import { useRefusal } from "../account/useRefusal.ts";
import { useReviewSession } from "./api.ts";
import { reviewText } from "./reviewText.ts";

/** Why somebody should look at this session before its price is believed; where it has none for that, what is to become of it. */
export function ReviewAlert({ session }: { session: Session }) {
  const { t } = useTranslation();
  if (session.review.length === 0) return null;
  return (
    <Callout title={t(session.awaits_review ? "sessions.review" : "sessions.noticed")}>
      <List size="sm">
        {session.review.map((reason) => (
          <List.Item key={reason}>{reviewText(t, reason)}</List.Item>
        ))}
      </List>
      {session.awaits_review && (
        <>
          <Text size="sm" my="xs">
            {t("sessions.reviewText")}
          </Text>
          <Group gap="xs">
            <Decision session={session} isBilled />
            <Decision session={session} isBilled={false} />
          </Group>
        </>
      )}
    </Callout>
  );
}

function Decision({ session, isBilled }: { session: Session; isBilled: boolean }) {
  const { t } = useTranslation();
  const refusal = useRefusal("refunds:write");
  const review = useReviewSession(session.id);
  const [isOpen, { open, close }] = useDisclosure(false);
  const word = isBilled ? "bill" : "doNotBill";
  return (
    <>
      <ActionButton size="xs" variant={isBilled ? "filled" : "default"} disabledReason={refusal} onClick={open}>
        {t(`sessions.${word}`)}
      </ActionButton>
      {isOpen && (
        <ReasonDialog
          title={t(`sessions.${word}`)}
          text={<Text size="sm">{t(`sessions.${word}Text`)}</Text>}
          submitLabel={t(`sessions.${word}`)}
          isPending={review.isPending}
          error={review.error}
          onSubmit={(reason) => {
            review.mutate({ is_billed: isBilled, reason }, { onSuccess: close });
          }}
          onClose={close}
        />
      )}
    </>
  );
}
