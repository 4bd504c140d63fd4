import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import type { Variable } from "@voltway/api";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSendCommand } from "../commands/api.ts";
import { CommandOutcome } from "../commands/CommandOutcome.tsx";
import { variableKeys } from "./api.ts";
import { variableAddress, variableName } from "./variableName.ts";

interface SetVariableDialogProps {
  stationId: string;
  variable: Variable;
  onClose: () => void;
}

/** Asks the station to take another value, and shows its answer: it may refuse, or want a restart first. */
export function SetVariableDialog({ stationId, variable, onClose }: SetVariableDialogProps) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const send = useSendCommand(stationId);
  const [value, setValue] = useState(variable.value ?? "");
  return (
    <Modal opened onClose={onClose} title={<Text fw={650}>{t("variables.set")}</Text>} closeButtonProps={{ "aria-label": t("common.close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate(
            { type: "set_variables", variables: [{ ...variableAddress(variable), value }] },
            { onSettled: () => void queryClient.invalidateQueries({ queryKey: variableKeys.ofStation(stationId) }) },
          );
        }}
      >
        <Stack>
          <TextInput
            data-autofocus
            label={variableName(variable)}
            value={value}
            onChange={(event) => {
              setValue(event.currentTarget.value);
            }}
          />
          <CommandOutcome command={send.data} error={send.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {send.data ? t("common.close") : t("common.cancel")}
            </Button>
            <Button type="submit" loading={send.isPending}>
              {t("variables.set")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
