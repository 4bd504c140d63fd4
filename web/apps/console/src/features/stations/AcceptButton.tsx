import type { ButtonProps } from "@mantine/core";
import { ActionButton, IconCheck } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { notifyDone } from "../../shared/notify.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useUpdateStation } from "./api.ts";

/** Admits a station that connected without being known. */
export function AcceptButton({ stationId, ...button }: { stationId: string } & ButtonProps) {
  const { t } = useTranslation();
  const refusal = useRefusal("stations:write");
  const update = useUpdateStation(stationId);
  return (
    <ActionButton
      {...button}
      leftSection={<IconCheck size={15} />}
      disabledReason={refusal}
      loading={update.isPending}
      onClick={() => {
        update.mutate(
          { registration: "accepted" },
          {
            onSuccess: (station) => {
              notifyDone(t("stations.acceptedText", { station: station.identity }));
            },
          },
        );
      }}
    >
      {t("stations.accept")}
    </ActionButton>
  );
}
