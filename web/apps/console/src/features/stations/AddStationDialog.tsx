import { Modal, Text } from "@mantine/core";
import type { ChargingStationCreated } from "@voltway/api";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AddStationForm } from "./AddStationForm.tsx";
import { StationCreated } from "./StationCreated.tsx";

/** Registers a station; when it is made, shows what its installer needs, the password among it, this once. */
export function AddStationDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const [created, setCreated] = useState<ChargingStationCreated | null>(null);
  const close = () => {
    setCreated(null);
    onClose();
  };
  return (
    <Modal
      opened={isOpen}
      onClose={close}
      size="lg"
      // A click beside the dialog must not throw away a password that is shown only once.
      closeOnClickOutside={created === null}
      closeOnEscape={created === null}
      closeButtonProps={{ "aria-label": t("common.close") }}
      title={<Text fw={650}>{created ? t("stations.created", { station: created.identity }) : t("stations.add")}</Text>}
    >
      {created ? <StationCreated station={created} onDone={close} /> : <AddStationForm onCreated={setCreated} onCancel={close} />}
    </Modal>
  );
}
