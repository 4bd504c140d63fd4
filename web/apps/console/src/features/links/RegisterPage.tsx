import { Button, Checkbox, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { Callout, IconLock, IconMail, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { problemText } from "../../shared/problemText.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { termsQuery } from "../account/api.ts";
import { PublicPage } from "../account/PublicPage.tsx";
import { useRegister } from "./api.ts";
import { ToLogin } from "./PasswordPages.tsx";

/** A driver asks for an account, where the operator lets drivers do that. */
export function RegisterPage() {
  const { t } = useTranslation();
  const terms = useQuery(termsQuery);
  return (
    <PublicPage title={t("auth.registerTitle")} subtitle={t("auth.registerText")}>
      <QueryView query={terms}>
        {(data) =>
          data.is_open ? (
            <RegisterForm consents={data.consents} />
          ) : (
            <Notice icon={IconLock} title={t("auth.registerClosed")} text={t("auth.registerClosedText")} action={<ToLogin />} />
          )
        }
      </QueryView>
    </PublicPage>
  );
}

function RegisterForm({ consents }: { consents: Record<string, string> }) {
  const { t, i18n } = useTranslation();
  const register = useRegister();
  const form = useForm({
    initialValues: { email: "", name: "", agrees: Object.keys(consents).length === 0 },
    validate: {
      email: (value) => (value.includes("@") ? null : t("account.emailMissing")),
      name: (value) => (value.trim() ? null : t("auth.nameMissing")),
      agrees: (value) => (value ? null : t("auth.agreeMissing")),
    },
  });
  if (register.isSuccess) {
    return (
      <Notice icon={IconMail} title={t("auth.lookForMail")} text={t("auth.registerSent", { email: register.variables.email })} action={<ToLogin />} />
    );
  }
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ email, name }) => {
        const time_zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
        register.mutate({ email: email.trim(), name: name.trim(), locale: i18n.language, time_zone, consents });
      })}
    >
      <Stack>
        {register.error && (
          <Callout tone="faulted" role="alert">
            {problemText(register.error)}
          </Callout>
        )}
        <TextInput label={t("auth.name")} autoComplete="name" size="md" maxLength={200} data-autofocus {...form.getInputProps("name")} />
        <TextInput label={t("account.email")} type="email" autoComplete="email" size="md" {...form.getInputProps("email")} />
        {Object.keys(consents).length > 0 && (
          <Checkbox
            label={t("auth.agree", { versions: Object.entries(consents).map(([kind, version]) => `${kind} ${version}`).join(", ") })}
            {...form.getInputProps("agrees", { type: "checkbox" })}
          />
        )}
        <Button type="submit" size="md" loading={register.isPending}>
          {t("auth.register")}
        </Button>
        <AnchorLink {...paths.login()}>{t("auth.toLogin")}</AnchorLink>
      </Stack>
    </form>
  );
}
