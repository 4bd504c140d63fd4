import type { ButtonProps } from "@mantine/core";
import type { ChargingStation } from "@voltway/api";
import { ActionButton } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { Confirm } from "../../shared/Confirm.tsx";
import { notifyDone } from "../../shared/notify.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { useUpdateStation } from "./api.ts";

/** Turns a station away that waits to be let in; it can be accepted later. */
export function RejectButton({ station: { id, identity }, ...button }: { station: ChargingStation } & ButtonProps) {
  const { t } = useTranslation();
  const refusal = useRefusal("stations:write");
  const update = useUpdateStation(id);
  return (
    <Confirm
      title={t("stations.rejectTitle", { station: identity })}
      text={t("stations.rejectText")}
      confirmLabel={t("stations.reject")}
      onConfirm={() => {
        update.mutate(
          { registration: "rejected" },
          {
            onSuccess: () => {
              notifyDone(t("stations.rejectedText", { station: identity }));
            },
          },
        );
      }}
    >
      {(open) => (
        <ActionButton {...button} variant="default" disabledReason={refusal} loading={update.isPending} onClick={open}>
          {t("stations.reject")}
        </ActionButton>
      )}
    </Confirm>
  );
}
