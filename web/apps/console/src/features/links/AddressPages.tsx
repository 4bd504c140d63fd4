import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { Callout, IconCircleCheck, IconMail, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { problemText } from "../../shared/problemText.ts";
import { PublicPage } from "../account/PublicPage.tsx";
import { useConfirmEmail, useLinkSecret, useVerifyEmail } from "./api.ts";
import { ChosenPassword } from "./ChosenPassword.tsx";
import { ToLogin } from "./PasswordPages.tsx";

/** Opens the account of somebody who registered. */
export function VerifyEmailPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const token = useLinkSecret();
  const verify = useVerifyEmail();
  return (
    <PublicPage title={t("auth.verifyTitle")} subtitle={t("auth.verifyText")}>
      {token === "" ? (
        <LinkIncomplete />
      ) : (
        <ChosenPassword
          submitLabel={t("auth.openAccount")}
          isPending={verify.isPending}
          error={verify.error}
          onSubmit={({ password }) => {
            verify.mutate({ token, password }, { onSuccess: () => void navigate(paths.me()) });
          }}
        />
      )}
    </PublicPage>
  );
}

/** Takes a new address. A person presses the button: programs that look at mails open links too. */
export function ConfirmEmailPage() {
  const { t } = useTranslation();
  const token = useLinkSecret();
  const confirm = useConfirmEmail();
  if (token === "") {
    return (
      <PublicPage title={t("auth.confirmTitle")}>
        <LinkIncomplete />
      </PublicPage>
    );
  }
  return (
    <PublicPage title={t("auth.confirmTitle")} subtitle={t("auth.confirmText")}>
      {confirm.isSuccess ? (
        <Notice icon={IconCircleCheck} title={t("auth.confirmDone")} text={t("auth.confirmDoneText")} action={<ToLogin />} />
      ) : (
        <>
          {confirm.error && (
            <Callout tone="faulted" role="alert">
              {problemText(confirm.error)}
            </Callout>
          )}
          <Button
            size="md"
            mt="md"
            fullWidth
            loading={confirm.isPending}
            onClick={() => {
              confirm.mutate(token);
            }}
          >
            {t("auth.confirm")}
          </Button>
        </>
      )}
    </PublicPage>
  );
}

export function LinkIncomplete() {
  const { t } = useTranslation();
  return <Notice icon={IconMail} title={t("auth.linkIncomplete")} text={t("auth.linkIncompleteText")} action={<ToLogin />} />;
}
