import { Button, type ButtonProps } from "@mantine/core";
import { IconCheck } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { notifyDone } from "../../shared/notify.ts";
import { useUpdateStation } from "./api.ts";

/** Admits a station that connected without being known. */
export function AcceptButton({ stationId, ...button }: { stationId: string } & ButtonProps) {
  const { t } = useTranslation();
  const update = useUpdateStation(stationId);
  return (
    <Button
      {...button}
      leftSection={<IconCheck size={15} />}
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
    </Button>
  );
}
