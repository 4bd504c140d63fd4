import { Box, Button, Center, Group, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useRouter, useSearch } from "@tanstack/react-router";
import { ProblemError } from "@voltway/api";
import { Callout, Logo } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { Preferences } from "../../app/Preferences.tsx";
import { problemText } from "../../shared/problemText.ts";
import { useLogin } from "./api.ts";
import classes from "./LoginPage.module.css";

export function LoginPage() {
  const { t } = useTranslation();
  return (
    <div className={classes.page}>
      <Center className={classes.aside} visibleFrom="md" aria-hidden="true">
        <Road />
      </Center>
      <Center component="main" p="lg" pos="relative">
        <Group pos="absolute" top={14} right={14} gap={4}>
          <Preferences />
        </Group>
        <Box w="100%" maw={360}>
          <Logo size={34} color="var(--mantine-color-text)" />
          <Title order={1} mt="xl">
            {t("account.title")}
          </Title>
          <Text c="dimmed" size="sm" mt={4} mb="lg">
            {t("account.subtitle")}
          </Text>
          <LoginForm />
        </Box>
      </Center>
    </div>
  );
}

function LoginForm() {
  const { t } = useTranslation();
  const router = useRouter();
  const { next } = useSearch({ from: "/login" });
  const login = useLogin();
  const form = useForm({
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (value.includes("@") ? null : t("account.emailMissing")),
      password: (value) => (value ? null : t("account.passwordMissing")),
    },
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit((values) => {
        login.mutate(values, { onSuccess: () => void router.navigate({ href: inside(next) }) });
      })}
    >
      <Stack>
        {login.error && (
          <Callout tone="faulted" role="alert">
            {login.error instanceof ProblemError && login.error.status === 401 ? t("account.refused") : problemText(login.error)}
          </Callout>
        )}
        <TextInput
          label={t("account.email")}
          type="email"
          autoComplete="username"
          size="md"
          data-autofocus
          {...form.getInputProps("email")}
        />
        <PasswordInput
          label={t("account.password")}
          autoComplete="current-password"
          size="md"
          visibilityToggleButtonProps={{ "aria-label": t("account.showPassword") }}
          {...form.getInputProps("password")}
        />
        <Button type="submit" size="md" mt="xs" loading={login.isPending}>
          {t("account.login")}
        </Button>
      </Stack>
    </form>
  );
}

/** Only a page of this console may follow the log-in: a link must not lead away from here. */
function inside(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/";
}

function Road() {
  return (
    <svg viewBox="0 0 420 420" width="72%" role="presentation">
      <g fill="none" stroke="#ffffff" strokeOpacity="0.09" strokeWidth="1.5">
        {[60, 110, 160, 210].map((radius) => (
          <circle key={radius} cx="210" cy="210" r={radius - 4} />
        ))}
      </g>
      <path d="M66 106h78l66 143 42-91h-66l26-52h148L241 354h-63z" fill="var(--vw-volt)" />
      <path d="M105 130l95 204" stroke="#0c1f2b" strokeWidth="5" strokeDasharray="20 17" opacity="0.75" />
    </svg>
  );
}
