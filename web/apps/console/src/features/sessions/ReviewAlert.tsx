import { List } from "@mantine/core";
import { Callout } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { reviewText } from "./reviewText.ts";

/** Why somebody should look at this session before its price is believed. */
export function ReviewAlert({ reasons }: { reasons: string[] }) {
  const { t } = useTranslation();
  if (reasons.length === 0) return null;
  return (
    <Callout title={t("sessions.review")}>
      <List size="sm">
        {reasons.map((reason) => (
          <List.Item key={reason}>{reviewText(t, reason)}</List.Item>
        ))}
      </List>
    </Callout>
  );
}
