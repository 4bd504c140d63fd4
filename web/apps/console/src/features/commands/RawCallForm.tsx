import { Autocomplete, Box, Group, Stack, Text, Textarea, Title } from "@mantine/core";
import type { CallOutcome, ChargingStation } from "@voltway/api";
import { Callout, ActionButton, IconSend, JsonView } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { problemText } from "../../shared/problemText.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { protocolName } from "../stations/protocolName.ts";
import { useRawCall } from "./api.ts";

/** How long a station may take to answer. */
const TIMEOUT_S = 30;

/** Any message in the station's own protocol, for what the commands above do not cover. */
export function RawCallForm({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const [action, setAction] = useState("");
  const [text, setText] = useState("{}");
  const call = useRawCall(station.id);
  const payload = parseObject(text);
  const refusal = useRefusal("commands:send");
  const lack = action.trim() === "" ? t("commands.rawNoAction") : payload === null ? t("commands.rawNoJson") : undefined;
  return (
    <Stack gap="sm" mt="xl">
      <Title order={2}>{t("commands.raw")}</Title>
      <Text size="sm" c="dimmed">
        {t("commands.rawText", { protocol: protocolName(station.protocol) ?? "OCPP" })}
      </Text>
      <Autocomplete
        label={t("commands.rawAction")}
        data={["DataTransfer", "GetConfiguration", "GetVariables", "GetBaseReport", "GetLocalListVersion", "TriggerMessage"]}
        value={action}
        onChange={setAction}
      />
      <Textarea
        label={t("commands.rawPayload")}
        autosize
        minRows={4}
        maxRows={16}
        spellCheck={false}
        classNames={{ input: "vw-mono" }}
        value={text}
        error={payload === null ? t("commands.rawNoJson") : undefined}
        onChange={(event) => {
          setText(event.currentTarget.value);
        }}
      />
      <ActionButton
        variant="default"
        leftSection={<IconSend size={16} />}
        loading={call.isPending}
        disabledReason={refusal ?? lack}
        onClick={() => {
          if (payload) call.mutate({ action: action.trim(), payload, timeout_s: TIMEOUT_S });
        }}
      >
        {t("commands.rawSend")}
      </ActionButton>
      {call.error && (
        <Callout tone="faulted" role="alert">
          {problemText(call.error)}
        </Callout>
      )}
      {call.data && <Outcome outcome={call.data} />}
    </Stack>
  );
}

function Outcome({ outcome }: { outcome: CallOutcome }) {
  const { t } = useTranslation();
  return (
    <Box className="vw-card" p="sm" role="status">
      <Group gap="xs" mb="xs">
        <Text size="sm" fw={600}>
          {t(`commands.rawOutcome.${outcome.outcome}`)}
        </Text>
      </Group>
      {outcome.error && <JsonView value={outcome.error} />}
      {outcome.payload != null && <JsonView value={outcome.payload} />}
    </Box>
  );
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
