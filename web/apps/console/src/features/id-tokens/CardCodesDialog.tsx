import { Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { SecretOnce } from "../../shared/SecretOnce.tsx";
import { useMakeCardCodes } from "./api.ts";

const GOOD_DAYS = 30;

function inGoodTime(): string {
  return new Date(Date.now() + GOOD_DAYS * 86_400_000).toISOString().slice(0, 10);
}

/** Codes by which drivers take their cards into their own account; shown once. */
export function CardCodesDialog({ ids, onClose }: { ids: string[]; onClose: () => void }) {
  const { t } = useTranslation();
  const make = useMakeCardCodes();
  const [expires_on] = useState(inGoodTime);
  const form = useForm({
    initialValues: { expires_on },
    validate: { expires_on: (value) => (value && new Date(`${value}T23:59:59`) > new Date() ? null : t("cards.dayPast")) },
  });
  if (make.data) {
    return (
      <SecretOnce
        title={t("cards.codes")}
        text={t("cards.codesText")}
        secrets={make.data.items.map(({ value, code }) => `${value}  ${code}`)}
        fileName="voltway-card-codes.txt"
        onClose={onClose}
      />
    );
  }
  return (
    <FormDialog
      title={t("cards.codes")}
      submitLabel={t("cards.makeCodes")}
      isPending={make.isPending}
      error={make.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ expires_on }) => {
        make.mutate({ id_token_ids: ids, expires_at: new Date(`${expires_on}T23:59:59`).toISOString() });
      })}
    >
      <Text size="sm">{t("cards.codesFor", { count: ids.length })}</Text>
      <TextInput type="date" label={t("idTokens.expires")} data-autofocus {...form.getInputProps("expires_on")} />
    </FormDialog>
  );
}
