import { Group, NumberInput, Select, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { FormDialog } from "../../shared/FormDialog.tsx";
import { allItems } from "../../shared/pages.ts";
import { firmwareKeys, imagesQuery, stationsOfMake, useAddCampaign } from "./api.ts";
import { readWaves } from "./waves.ts";

/** Plans a campaign: an image, and every station of its make in waves. It begins when somebody starts it. */
export function AddCampaignDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const images = useInfiniteQuery(imagesQuery);
  const complete = images.data ? allItems(images.data).filter(({ complete_at }) => complete_at !== null) : [];
  const add = useAddCampaign();
  const form = useForm({
    initialValues: { name: "", image: null as string | null, waves: "1, 10", failuresMax: 0, parallelMax: 10, soakHours: 24, from: "", until: "" },
    validate: {
      name: (value) => (value.trim() ? null : t("firmware.nameMissing")),
      image: (value) => (value ? null : t("firmware.imageMissing")),
      waves: (value) => (readWaves(value) ? null : t("firmware.wavesWrong")),
      until: (value, { from }) => ((value === "") === (from === "") ? null : t("firmware.windowHalf")),
    },
  });
  const image = complete.find(({ id }) => id === form.values.image);
  const stations = useQuery({
    queryKey: [...firmwareKeys.images, image?.id, "stations"],
    queryFn: () => stationsOfMake(image?.vendor ?? "", image?.model ?? ""),
    enabled: image !== undefined,
  });
  const count = stations.data?.length ?? 0;
  return (
    <FormDialog
      title={t("firmware.add")}
      submitLabel={t("firmware.plan")}
      isPending={add.isPending || (image !== undefined && stations.isPending)}
      error={add.error ?? stations.error}
      onClose={onClose}
      onSubmit={form.onSubmit(({ name, waves, failuresMax, parallelMax, soakHours, from, until }) => {
        if (!image) return;
        if (count === 0) {
          form.setFieldError("image", t("firmware.noStations"));
          return;
        }
        const plan = { waves: readWaves(waves) ?? [1], failures_max: failuresMax, parallel_max: parallelMax, soak_s: soakHours * 3600, timeout_s: 21_600 };
        const window = { window_from: from || null, window_until: until || null, time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
        add.mutate(
          { name: name.trim(), image_id: image.id, station_ids: stations.data?.map(({ id }) => id) ?? [], ...plan, ...window },
          {
            onSuccess: ({ id }) => {
              onClose();
              void navigate(paths.campaign(id));
            },
          },
        );
      })}
    >
      <TextInput label={t("firmware.name")} required data-autofocus maxLength={100} {...form.getInputProps("name")} />
      <Select
        label={t("firmware.image")}
        required
        placeholder={t("common.choose")}
        nothingFoundMessage={t("firmware.noImages")}
        data={complete.map(({ id, vendor, model, version }) => ({ value: id, label: `${vendor} ${model} ${version}` }))}
        {...form.getInputProps("image")}
      />
      {image && stations.data && (
        <Text size="sm" role="status">
          {t("firmware.forStations", { count, vendor: image.vendor, model: image.model })}
        </Text>
      )}
      <TextInput label={t("firmware.waves")} description={t("firmware.wavesHint")} {...form.getInputProps("waves")} />
      <Group grow>
        <NumberInput label={t("firmware.failuresMax")} min={0} max={10_000} allowDecimal={false} {...form.getInputProps("failuresMax")} />
        <NumberInput label={t("firmware.parallelMax")} min={1} max={1000} allowDecimal={false} {...form.getInputProps("parallelMax")} />
        <NumberInput label={t("firmware.soakHours")} min={0} max={720} {...form.getInputProps("soakHours")} />
      </Group>
      <Group grow>
        <TextInput type="time" label={t("firmware.from")} {...form.getInputProps("from")} />
        <TextInput type="time" label={t("firmware.until")} {...form.getInputProps("until")} />
      </Group>
    </FormDialog>
  );
}
