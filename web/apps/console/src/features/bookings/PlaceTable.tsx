import { Text } from "@mantine/core";
import type { StaffQueuePlace } from "@voltway/api";
import { ActionButton } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Age } from "../../shared/Age.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { ReasonDialog } from "../../shared/ReasonDialog.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { DriverLink } from "../drivers/DriverLink.tsx";
import { useRemovePlace } from "./api.ts";
import { PlaceStatePill } from "./pills.tsx";

export function PlaceTable({ places }: { places: StaffQueuePlace[] }) {
  const { t } = useTranslation();
  return (
    <DataTable
      label={t("bookings.queue")}
      columns={[
        { label: t("bookings.location") },
        { label: t("bookings.stateLabel") },
        { label: t("bookings.ahead"), isNumeric: true },
        { label: t("bookings.evse") },
        { label: t("bookings.token") },
        { label: t("bookings.joined") },
        { label: t("common.actions"), isLabelHidden: true },
      ]}
    >
      {places.map((place) => (
        <PlaceRow key={place.id} place={place} />
      ))}
    </DataTable>
  );
}

function PlaceRow({ place }: { place: StaffQueuePlace }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refusal = useRefusal("reservations:write");
  const remove = useRemovePlace(place.id);
  const [isAsking, setAsking] = useState(false);
  // Whoever still waits has a number of people before them; an ended place has none.
  const isOpen = place.ahead !== null;
  return (
    <tr>
      <td>{place.location_name}</td>
      <td>
        <PlaceStatePill state={place.state} />
        {place.until !== null && (
          <Text size="xs" c="dimmed">
            {t("bookings.until", { time: format.dateTime(place.until) })}
          </Text>
        )}
        {place.reason !== null && (
          <Text size="xs" c="dimmed">
            {place.reason}
          </Text>
        )}
      </td>
      <td data-num>{place.ahead ?? format.unknown}</td>
      <td>{place.station_identity === null ? format.unknown : `${place.station_identity} · ${place.evse_number ?? format.unknown}`}</td>
      <td>{place.account_id === null ? place.id_token : <DriverLink driverId={place.account_id}>{place.id_token}</DriverLink>}</td>
      <td>
        <Age at={place.joined_at} />
      </td>
      <td>
        {isOpen && (
          <ActionButton
            size="xs"
            variant="default"
            disabledReason={refusal}
            onClick={() => {
              setAsking(true);
            }}
          >
            {t("bookings.removePlace")}
          </ActionButton>
        )}
        {isAsking && (
          <ReasonDialog
            title={t("bookings.removeTitle")}
            text={<Text size="sm">{t("bookings.removeText")}</Text>}
            submitLabel={t("bookings.removePlace")}
            isPending={remove.isPending}
            error={remove.error}
            onClose={() => {
              setAsking(false);
            }}
            onSubmit={(reason) => {
              remove.mutate(reason, {
                onSuccess: () => {
                  setAsking(false);
                },
              });
            }}
          />
        )}
      </td>
    </tr>
  );
}
