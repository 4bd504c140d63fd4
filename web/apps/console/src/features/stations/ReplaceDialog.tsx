import { Modal, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { client, take, type ChargingStation, type ChargingStationCreated } from "@voltway/api";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { useChange } from "../../shared/useChange.ts";
import { stationKeys } from "./api.ts";
import { IDENTITY } from "./identity.ts";
import { StationCreated } from "./StationCreated.tsx";

/** Puts new hardware in the place of old; then shows what its installer needs, this once. */
export function ReplaceDialog({ station, onClose }: { station: ChargingStation; onClose: () => void }) {
  const { t } = useTranslation();
  const [replaced, setReplaced] = useState<ChargingStationCreated | null>(null);
  const replace = useChange(
    (body: { identity: string; reason: string }) =>
      take(client.POST("/api/v1/charging-stations/{station_id}/replacement", { params: { path: { station_id: station.id } }, body })),
    { stale: [stationKeys.all], showsProblem: true },
  );
  const form = useForm({
    initialValues: { identity: station.identity, reason: "" },
    validate: {
      identity: (value) => (IDENTITY.test(value.trim()) ? null : t("stations.identityWrong")),
      reason: (value) => (value.trim() ? null : t("reason.missing")),
    },
  });
  if (replaced) {
    return (
      <Modal opened onClose={onClose} size="lg" withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false} title={<Text fw={650}>{t("replace.done", { station: replaced.identity })}</Text>}>
        <StationCreated station={replaced} onDone={onClose} />
      </Modal>
    );
  }
  return (
    <FormDialog
      title={t("replace.title")}
      submitLabel={t("replace.submit")}
      isPending={replace.isPending}
      error={replace.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ identity, reason }) => {
        replace.mutate({ identity: identity.trim(), reason: reason.trim() }, { onSuccess: setReplaced });
      })}
    >
      <Text size="sm">{t("replace.text")}</Text>
      <TextInput label={t("replace.identity")} description={t("stations.identityHint")} maxLength={48} data-autofocus {...form.getInputProps("identity")} />
      <Textarea label={t("reason.label")} required autosize minRows={2} maxLength={500} {...form.getInputProps("reason")} />
    </FormDialog>
  );
}
