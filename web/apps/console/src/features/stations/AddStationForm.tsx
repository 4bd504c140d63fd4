import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ChargingStationCreated } from "@voltway/api";
import { Callout } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { problemText } from "../../shared/problemText.ts";
import { useLocationNames } from "../locations/api.ts";
import { useCreateStation } from "./api.ts";
import { IDENTITY } from "./identity.ts";

const SECURITY_PROFILES = ["1", "2", "3", "0"] as const;
interface AddStationFormProps {
  onCreated: (station: ChargingStationCreated) => void;
  onCancel: () => void;
}

export function AddStationForm({ onCreated, onCancel }: AddStationFormProps) {
  const { t } = useTranslation();
  const locations = useLocationNames();
  const create = useCreateStation();
  const form = useForm({
    initialValues: { identity: "", location: null as string | null, profile: "1" },
    validate: { identity: (value) => (IDENTITY.test(value.trim()) ? null : t("stations.identityWrong")) },
  });
  return (
    <form
      noValidate
      onSubmit={form.onSubmit(({ identity, location, profile }) => {
        create.mutate(
          {
            ...{ identity: identity.trim(), location_id: location, security_profile: Number(profile), registration: "accepted" },
            ...{ is_factory_password: false, evses: [] },
          },
          { onSuccess: onCreated },
        );
      })}
    >
      <Stack>
        {create.error && (
          <Callout tone="faulted" role="alert">
            {problemText(create.error)}
          </Callout>
        )}
        <TextInput
          data-autofocus
          required
          label={t("stations.column.identity")}
          description={t("stations.identityHint")}
          maxLength={48}
          {...form.getInputProps("identity")}
        />
        <Select
          label={t("stations.column.location")}
          placeholder={t("stations.noLocation")}
          clearable
          searchable
          data={locations.options}
          {...form.getInputProps("location")}
        />
        <Select
          label={t("stations.profile.label")}
          allowDeselect={false}
          data={SECURITY_PROFILES.map((profile) => ({ value: profile, label: t(`stations.profile.p${profile}`) }))}
          {...form.getInputProps("profile")}
        />
        {form.values.profile === "0" && (
          <Callout>
            {t("stations.insecureText")}
          </Callout>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t("stations.add")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
