import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Callout } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { problemText } from "../../shared/problemText.ts";

export const PASSWORD_LENGTH_MIN = 8;

interface ChosenPasswordProps {
  submitLabel: string;
  isPending: boolean;
  error: Error | null;
  /** True where the person also says their name. */
  asksName?: boolean;
  onSubmit: (values: { name: string; password: string }) => void;
}

/** Chooses a password, typed twice. What the server thinks of it stands above. */
export function ChosenPassword({ submitLabel, isPending, error, asksName = false, onSubmit }: ChosenPasswordProps) {
  const { t } = useTranslation();
  const form = useForm({
    initialValues: { name: "", password: "", again: "" },
    validate: {
      name: (value) => (!asksName || value.trim() ? null : t("auth.nameMissing")),
      password: (value) => (value.length >= PASSWORD_LENGTH_MIN ? null : t("auth.passwordShort", { count: PASSWORD_LENGTH_MIN })),
      again: (value, values) => (value === values.password ? null : t("auth.passwordDiffers")),
    },
  });
  const toggle = { "aria-label": t("account.showPassword") };
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ name, password }) => {
        onSubmit({ name: name.trim(), password });
      })}
    >
      <Stack>
        {error && (
          <Callout tone="faulted" role="alert">
            {problemText(error)}
          </Callout>
        )}
        {asksName && <TextInput label={t("auth.name")} autoComplete="name" size="md" maxLength={100} data-autofocus {...form.getInputProps("name")} />}
        <PasswordInput
          label={t("auth.newPassword")}
          description={t("auth.passwordHint", { count: PASSWORD_LENGTH_MIN })}
          autoComplete="new-password"
          size="md"
          visibilityToggleButtonProps={toggle}
          {...form.getInputProps("password")}
        />
        <PasswordInput
          label={t("auth.passwordAgain")}
          autoComplete="new-password"
          size="md"
          visibilityToggleButtonProps={toggle}
          {...form.getInputProps("again")}
        />
        <Button type="submit" size="md" mt="xs" loading={isPending}>
          {submitLabel}
        </Button>
      </Stack>
    </form>
  );
}
