import { Center, Group, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { CopyAction } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { QrCode } from "../../shared/QrCode.tsx";
import { useConfirmTotp } from "./api.ts";

interface TotpDialogProps {
  begun: { secret: string; uri: string };
  onConfirmed: (codes: string[] | null) => void;
  onClose: () => void;
}

/** The secret goes into the app by its picture, drawn here; the app counts once it has shown a code. */
export function TotpDialog({ begun, onConfirmed, onClose }: TotpDialogProps) {
  const { t } = useTranslation();
  const confirm = useConfirmTotp();
  const form = useForm({
    initialValues: { code: "" },
    validate: { code: (value) => (/^\d{6}$/.test(value.trim()) ? null : t("me.sixDigits")) },
  });
  return (
    <FormDialog
      title={t("me.setUpTotp")}
      submitLabel={t("me.confirmTotp")}
      isPending={confirm.isPending}
      error={confirm.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ code }) => {
        confirm.mutate(code.trim(), {
          onSuccess: ({ recovery_codes }) => {
            notifyDone(t("me.totpAdded"));
            onClose();
            onConfirmed(recovery_codes);
          },
        });
      })}
    >
      <Text size="sm">{t("me.totpScan")}</Text>
      <Center>
        <QrCode text={begun.uri} label={t("me.totpPicture")} />
      </Center>
      <Group gap={4} wrap="nowrap" justify="center">
        <Text className="vw-mono" style={{ overflowWrap: "anywhere" }}>
          {begun.secret}
        </Text>
        <CopyAction text={begun.secret} label={t("common.copy")} copiedLabel={t("common.copied")} />
      </Group>
      <TextInput
        label={t("account.code")}
        description={t("auth.appCodeHint")}
        autoComplete="one-time-code"
        inputMode="numeric"
        data-autofocus
        {...form.getInputProps("code")}
      />
    </FormDialog>
  );
}
