import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Callout, IconCircleCheck, IconMail, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink, ButtonLink } from "../../shared/links.tsx";
import { problemText } from "../../shared/problemText.ts";
import { PublicPage } from "../account/PublicPage.tsx";
import { useForgotPassword, useLinkSecret, useResetPassword } from "./api.ts";
import { ChosenPassword } from "./ChosenPassword.tsx";

/** Asks for a link by which to set a new password. */
export function ForgotPasswordPage() {
  const { t } = useTranslation();
  const ask = useForgotPassword();
  const form = useForm({
    initialValues: { email: "" },
    validate: { email: (value) => (value.includes("@") ? null : t("account.emailMissing")) },
  });
  return (
    <PublicPage title={t("auth.forgotTitle")} subtitle={t("auth.forgotText")}>
      {ask.isSuccess ? (
        <Notice icon={IconMail} title={t("auth.lookForMail")} text={t("auth.forgotSent", { email: ask.variables })} action={<ToLogin />} />
      ) : (
        <form
          noValidate
          onSubmit={form.onSubmit(({ email }) => {
            ask.mutate(email.trim());
          })}
        >
          <Stack>
            {ask.error && (
              <Callout tone="faulted" role="alert">
                {problemText(ask.error)}
              </Callout>
            )}
            <TextInput label={t("account.email")} type="email" autoComplete="username" size="md" data-autofocus {...form.getInputProps("email")} />
            <Button type="submit" size="md" loading={ask.isPending}>
              {t("auth.sendLink")}
            </Button>
            <AnchorLink {...paths.login()}>{t("auth.toLogin")}</AnchorLink>
          </Stack>
        </form>
      )}
    </PublicPage>
  );
}

/** Sets a new password with the link of a mail; without one, asks for it. */
export function ResetPasswordPage() {
  const { t } = useTranslation();
  const token = useLinkSecret();
  const reset = useResetPassword();
  if (token === "") return <ForgotPasswordPage />;
  return (
    <PublicPage title={t("auth.resetTitle")} subtitle={t("auth.resetText")}>
      {reset.isSuccess ? (
        <Notice icon={IconCircleCheck} title={t("auth.resetDone")} text={t("auth.resetDoneText")} action={<ToLogin />} />
      ) : (
        <ChosenPassword
          submitLabel={t("auth.setPassword")}
          isPending={reset.isPending}
          error={reset.error}
          onSubmit={({ password }) => {
            reset.mutate({ token, password });
          }}
        />
      )}
    </PublicPage>
  );
}

export function ToLogin() {
  const { t } = useTranslation();
  return <ButtonLink {...paths.login()}>{t("auth.toLogin")}</ButtonLink>;
}
