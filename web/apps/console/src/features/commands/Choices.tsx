import { Select } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ChargingStation } from "@voltway/api";
import { useTranslation } from "react-i18next";
import { allItems } from "../../shared/pages.ts";
import { useFormat } from "../../shared/useFormat.ts";
import { imagesQuery } from "../firmware/api.ts";
import { sessionsQuery } from "../sessions/api.ts";
import { tariffsQuery } from "../tariffs/api.ts";
import type { LeafProps } from "./CommandField.tsx";

interface ChoiceProps {
  leaf: LeafProps;
  value: string;
  onChange: (value: string) => void;
}

/** A thing of the platform, chosen by what people call it. */
function Choice({ leaf, value, onChange, isPending, data, none }: ChoiceProps & { isPending: boolean; data: { value: string; label: string }[]; none: string }) {
  const { t } = useTranslation();
  return (
    <Select
      {...leaf}
      allowDeselect={!leaf.required}
      clearable={!leaf.required}
      searchable={data.length > 9}
      placeholder={isPending ? t("common.loading") : data.length === 0 ? none : t("common.choose")}
      data={data}
      value={data.some((one) => one.value === value) ? value : null}
      onChange={(choice) => {
        onChange(choice ?? "");
      }}
    />
  );
}

/** An active session of the station: by our id, or by the station's own number of its transaction. */
export function SessionChoice({ station, isTransaction, ...rest }: ChoiceProps & { station: ChargingStation; isTransaction: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const active = useInfiniteQuery(sessionsQuery({ state: "active", station_id: station.id }));
  const sessions = active.data ? allItems(active.data) : [];
  const data = sessions.flatMap((session) => {
    const value = isTransaction ? session.transaction_id : session.id;
    const parts = [t("stations.evse", { number: session.evse_number ?? format.unknown }), session.id_token, format.energy(session.energy_wh)];
    return value === null ? [] : [{ value, label: parts.filter(Boolean).join(" · ") }];
  });
  return <Choice {...rest} isPending={active.isPending} data={data} none={t("commands.noSession")} />;
}

export function TariffChoice(props: ChoiceProps) {
  const { t } = useTranslation();
  const tariffs = useInfiniteQuery(tariffsQuery);
  const data = tariffs.data ? allItems(tariffs.data).map(({ id, name }) => ({ value: id, label: name })) : [];
  return <Choice {...props} isPending={tariffs.isPending} data={data} none={t("commands.noTariff")} />;
}

export function ImageChoice(props: ChoiceProps) {
  const { t } = useTranslation();
  const images = useInfiniteQuery(imagesQuery);
  const data = images.data ? allItems(images.data).map(({ id, vendor, model, version }) => ({ value: id, label: `${vendor} ${model} ${version}` })) : [];
  return <Choice {...props} isPending={images.isPending} data={data} none={t("commands.noImage")} />;
}
