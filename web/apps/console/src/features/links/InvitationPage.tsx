import { Button, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ProblemError } from "@voltway/api";
import { Callout } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { problemText } from "../../shared/problemText.ts";
import { accountQuery } from "../account/api.ts";
import { PublicPage } from "../account/PublicPage.tsx";
import { LinkIncomplete } from "./AddressPages.tsx";
import { useAcceptInvitation, useAttachInvitation, useLinkSecret } from "./api.ts";
import { ChosenPassword } from "./ChosenPassword.tsx";

/** Accepts an invitation: with a new account, or with the one that is logged in. */
export function InvitationPage() {
  const { t } = useTranslation();
  const code = useLinkSecret();
  const { data: account, isPending } = useQuery({ ...accountQuery, retry: false });
  return (
    <PublicPage title={t("auth.invitationTitle")} subtitle={t("auth.invitationText")}>
      {code === "" ? <LinkIncomplete /> : isPending ? null : account ? <Attach code={code} who={account.email ?? account.name} /> : <Accept code={code} />}
    </PublicPage>
  );
}

function Accept({ code }: { code: string }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const accept = useAcceptInvitation();
  const hasAccount = accept.error instanceof ProblemError && accept.error.status === 409;
  return (
    <Stack>
      <ChosenPassword
        asksName
        submitLabel={t("auth.accept")}
        isPending={accept.isPending}
        error={accept.error}
        onSubmit={({ name, password }) => {
          const locale = i18n.language === "de" ? "de" : "en";
          accept.mutate({ code, name, password, locale }, { onSuccess: () => void navigate(paths.overview()) });
        }}
      />
      {hasAccount && (
        // The code goes along to the log-in page and back in the fragment, which leaves the browser with no request.
        <AnchorLink {...paths.login()} search={{ next: `/invitation#code=${code}` }}>
          {t("auth.invitationLogin")}
        </AnchorLink>
      )}
    </Stack>
  );
}

function Attach({ code, who }: { code: string; who: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const attach = useAttachInvitation();
  return (
    <Stack>
      {attach.error && (
        <Callout tone="faulted" role="alert">
          {problemText(attach.error)}
        </Callout>
      )}
      <Text size="sm">{t("auth.attachText", { who })}</Text>
      <Button
        size="md"
        loading={attach.isPending}
        onClick={() => {
          attach.mutate(code, { onSuccess: () => void navigate(paths.overview()) });
        }}
      >
        {t("auth.attach")}
      </Button>
    </Stack>
  );
}
