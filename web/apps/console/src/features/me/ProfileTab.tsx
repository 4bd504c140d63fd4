import { Button, Grid, Group, PasswordInput, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { Profile } from "@voltway/api";
import { Callout, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { LANGUAGES } from "../../app/i18n.ts";
import { problemText } from "../../shared/problemText.ts";
import { PASSWORD_LENGTH_MIN } from "../links/ChosenPassword.tsx";
import { useChangeEmail, useChangePassword, usePatchProfile } from "./api.ts";

export function ProfileTab({ profile }: { profile: Profile }) {
  return (
    <Grid>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <ProfileForm profile={profile} />
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 6 }}>
        <Stack>
          <EmailForm email={profile.email} />
          <PasswordForm hasPassword={profile.has_password} />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

function Refusal({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <Callout tone="faulted" role="alert">
      {problemText(error)}
    </Callout>
  );
}

function ProfileForm({ profile }: { profile: Profile }) {
  const { t } = useTranslation();
  const patch = usePatchProfile();
  const form = useForm({
    initialValues: { name: profile.name, locale: profile.locale.slice(0, 2), time_zone: profile.time_zone ?? "" },
    validate: { name: (value) => (value.trim() ? null : t("auth.nameMissing")) },
  });
  return (
    <Panel title={t("me.profile")}>
      <form
        noValidate
        onSubmit={form.onSubmit(({ name, locale, time_zone }) => {
          patch.mutate({ name: name.trim(), locale, time_zone: time_zone || null });
        })}
      >
        <Stack>
          <Refusal error={patch.error} />
          <TextInput label={t("auth.name")} autoComplete="name" maxLength={200} {...form.getInputProps("name")} />
          <Select
            label={t("me.locale")}
            description={t("me.localeHint")}
            allowDeselect={false}
            data={Object.entries({ ...LANGUAGES, zh: "中文" }).map(([value, label]) => ({ value, label }))}
            {...form.getInputProps("locale")}
          />
          <Select
            label={t("locations.timeZone")}
            searchable
            clearable
            limit={50}
            data={Intl.supportedValuesOf("timeZone")}
            {...form.getInputProps("time_zone")}
          />
          <Group justify="flex-end">
            <Button type="submit" loading={patch.isPending}>
              {t("common.save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function EmailForm({ email }: { email: string }) {
  const { t } = useTranslation();
  const change = useChangeEmail();
  const form = useForm({
    initialValues: { email: "" },
    validate: { email: (value) => (value.includes("@") ? null : t("account.emailMissing")) },
  });
  return (
    <Panel title={t("me.email")}>
      <form
        noValidate
        onSubmit={form.onSubmit((values) => {
          change.mutate(values.email.trim(), {
            onSuccess: () => {
              form.reset();
            },
          });
        })}
      >
        <Stack>
          <Refusal error={change.error} />
          <TextInput label={t("me.newEmail")} description={t("me.emailHint", { email })} type="email" autoComplete="email" {...form.getInputProps("email")} />
          <Group justify="flex-end">
            <Button type="submit" variant="default" loading={change.isPending}>
              {t("me.sendConfirmation")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function PasswordForm({ hasPassword }: { hasPassword: boolean }) {
  const { t } = useTranslation();
  const change = useChangePassword();
  const form = useForm({
    initialValues: { current: "", password: "" },
    validate: {
      current: (value) => (!hasPassword || value ? null : t("account.passwordMissing")),
      password: (value) => (value.length >= PASSWORD_LENGTH_MIN ? null : t("auth.passwordShort", { count: PASSWORD_LENGTH_MIN })),
    },
  });
  const toggle = { "aria-label": t("account.showPassword") };
  return (
    <Panel title={t("account.password")}>
      <form
        noValidate
        onSubmit={form.onSubmit(({ current, password }) => {
          change.mutate(
            { current_password: hasPassword ? current : null, password },
            {
              onSuccess: () => {
                form.reset();
              },
            },
          );
        })}
      >
        <Stack>
          <Refusal error={change.error} />
          {hasPassword && (
            <PasswordInput label={t("me.currentPassword")} autoComplete="current-password" visibilityToggleButtonProps={toggle} {...form.getInputProps("current")} />
          )}
          <PasswordInput
            label={t("auth.newPassword")}
            description={t("me.passwordHint")}
            autoComplete="new-password"
            visibilityToggleButtonProps={toggle}
            {...form.getInputProps("password")}
          />
          <Group justify="flex-end">
            <Button type="submit" variant="default" loading={change.isPending}>
              {t("auth.setPassword")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
