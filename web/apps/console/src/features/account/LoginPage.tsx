import { Button, Divider, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { askPasskey, canOfferPasskeys, hasPasskeys, ProblemError, type PasskeyCredential } from "@voltway/api";
import { Callout, IconFingerprint } from "@voltway/ui";
import { useEffect, useEffectEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { problemText } from "../../shared/problemText.ts";
import { passkeyQuestion, providersQuery, termsQuery, useLogin, usePasskeyLogin } from "./api.ts";
import { inside } from "./inside.ts";
import { PublicPage } from "./PublicPage.tsx";
import { SecondFactorForm } from "./SecondFactorForm.tsx";

export function LoginPage() {
  const { t } = useTranslation();
  const router = useRouter();
  const { next } = useSearch({ from: "/login" });
  const [ticket, setTicket] = useState<string | null>(null);
  const goOn = () => void router.navigate({ href: inside(next) });
  return (
    <PublicPage title={ticket ? t("auth.secondTitle") : t("account.title")} subtitle={ticket ? t("auth.secondText") : t("account.subtitle")}>
      {ticket ? <SecondFactorForm ticket={ticket} onLoggedIn={goOn} /> : <FirstStep onTicket={setTicket} onLoggedIn={goOn} />}
    </PublicPage>
  );
}

function FirstStep({ onTicket, onLoggedIn }: { onTicket: (ticket: string) => void; onLoggedIn: () => void }) {
  const { t } = useTranslation();
  const login = useLogin();
  const passkey = usePasskeyLogin();
  const { data: terms } = useQuery(termsQuery);
  const logInWith = (credential?: PasskeyCredential) => {
    passkey.mutate(credential ? { credential } : {}, {
      onSuccess: (account) => {
        if (account) onLoggedIn();
      },
    });
  };
  const stopOffering = usePasskeyOffer(logInWith);
  const form = useForm({
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (value.includes("@") ? null : t("account.emailMissing")),
      password: (value) => (value ? null : t("account.passwordMissing")),
    },
  });
  const refusal = login.error ? refusalText(login.error, t("account.refused")) : passkey.error ? refusalText(passkey.error, t("auth.passkeyRefused")) : null;
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        passkey.reset();
        login.mutate(values, {
          onSuccess: onLoggedIn,
          onError: (error) => {
            if (error instanceof ProblemError && typeof error.context.ticket === "string") onTicket(error.context.ticket);
          },
        });
      })}
    >
      <Stack>
        {refusal && (
          <Callout tone="faulted" role="alert">
            {refusal}
          </Callout>
        )}
        {hasPasskeys() && (
          <>
            <Button
              size="md"
              leftSection={<IconFingerprint size={20} stroke={1.8} />}
              loading={passkey.isPending}
              onClick={() => {
                stopOffering();
                login.reset();
                logInWith();
              }}
            >
              {t("auth.withPasskey")}
            </Button>
            <Divider label={t("auth.or")} />
          </>
        )}
        <TextInput label={t("account.email")} type="email" autoComplete="username webauthn" size="md" data-autofocus {...form.getInputProps("email")} />
        <PasswordInput
          label={t("account.password")}
          autoComplete="current-password"
          size="md"
          visibilityToggleButtonProps={{ "aria-label": t("account.showPassword") }}
          {...form.getInputProps("password")}
        />
        <Button type="submit" size="md" variant={hasPasskeys() ? "default" : "filled"} loading={login.isPending}>
          {t("account.login")}
        </Button>
        <Providers />
        <Group justify="space-between">
          <AnchorLink {...paths.forgotPassword()}>{t("auth.forgot")}</AnchorLink>
          {terms?.is_open && <AnchorLink {...paths.register()}>{t("auth.toRegister")}</AnchorLink>}
        </Group>
      </Stack>
    </form>
  );
}

function Providers() {
  const { t } = useTranslation();
  const { next } = useSearch({ from: "/login" });
  const { data: providers } = useQuery(providersQuery);
  return providers?.map(({ name, title }) => (
    <Button
      key={name}
      component="a"
      variant="default"
      size="md"
      href={`/api/v1/oidc/${encodeURIComponent(name)}/start?return_to=${encodeURIComponent(inside(next))}`}
    >
      {t("auth.withProvider", { title })}
    </Button>
  ));
}

/** Offers passkeys where the address is typed, as long as the page stands; the function ends that, before a dialog asks for one. */
function usePasskeyOffer(onFound: (credential: PasskeyCredential) => void): () => void {
  const [ending] = useState(() => new AbortController());
  const found = useEffectEvent(onFound);
  useEffect(() => {
    async function offer() {
      if (!(await canOfferPasskeys())) return;
      const question = await passkeyQuestion();
      if (ending.signal.aborted) return;
      const credential = await askPasskey(question, ending.signal, "conditional");
      if (credential) found(credential);
    }
    // What cannot be offered is not missed: the button is there.
    offer().catch(() => undefined);
    return () => {
      ending.abort();
    };
  }, [ending]);
  return () => {
    ending.abort();
  };
}

/** Null where the log-in goes on with a second step. */
function refusalText(error: Error, wrong: string): string | null {
  if (!(error instanceof ProblemError)) return problemText(error);
  if (typeof error.context.ticket === "string") return null;
  return error.status === 401 ? wrong : problemText(error);
}
