import { Button, Divider, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { hasPasskeys, ProblemError } from "@voltway/api";
import { Callout, IconFingerprint } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { problemText } from "../../shared/problemText.ts";
import { usePasskeyLogin, useSecondFactor } from "./api.ts";

/** The second step of a log-in by password. */
export function SecondFactorForm({ ticket, onLoggedIn }: { ticket: string; onLoggedIn: () => void }) {
  const { t } = useTranslation();
  const proof = useSecondFactor(ticket);
  const passkey = usePasskeyLogin();
  const form = useForm({
    initialValues: { code: "" },
    validate: { code: (value) => (value.trim() ? null : t("account.codeMissing")) },
  });
  const error = proof.error ?? passkey.error;
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ code }) => {
        passkey.reset();
        proof.mutate(code.trim(), { onSuccess: onLoggedIn });
      })}
    >
      <Stack>
        {error && (
          <Callout tone="faulted" role="alert">
            {error instanceof ProblemError && error.status === 401 ? t("account.codeRefused") : problemText(error)}
          </Callout>
        )}
        <TextInput
          label={t("account.code")}
          description={t("account.codeHint")}
          autoComplete="one-time-code"
          size="md"
          data-autofocus
          {...form.getInputProps("code")}
        />
        <Button type="submit" size="md" mt="xs" loading={proof.isPending}>
          {t("account.login")}
        </Button>
        {hasPasskeys() && (
          <>
            <Divider label={t("auth.or")} />
            <Button
              variant="default"
              leftSection={<IconFingerprint size={18} stroke={1.8} />}
              loading={passkey.isPending}
              onClick={() => {
                passkey.mutate(
                  { ticket },
                  {
                    onSuccess: (account) => {
                      if (account) onLoggedIn();
                    },
                  },
                );
              }}
            >
              {t("auth.usePasskey")}
            </Button>
          </>
        )}
      </Stack>
    </form>
  );
}
