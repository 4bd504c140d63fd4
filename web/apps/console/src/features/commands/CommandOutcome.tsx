import { Box, Group, Text } from "@mantine/core";
import { ProblemError, type Command } from "@voltway/api";
import { Callout, JsonView } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { problemText } from "../../shared/problemText.ts";
import { CommandStatePill } from "./CommandStatePill.tsx";

/** What became of a command: the platform's refusal, or the station's answer in our words and in its own. */
export function CommandOutcome({ command, error }: { command: Command | undefined; error: Error | null }) {
  const { t } = useTranslation();
  if (error) {
    const isImpossible = error instanceof ProblemError && error.status === 409;
    return (
      <Callout tone={isImpossible ? "warning" : "faulted"} title={isImpossible ? t("commands.impossible") : t("commands.notSent")} role="alert">
        {problemText(error)}
      </Callout>
    );
  }
  if (!command) return null;
  return (
    <Box className="vw-card" p="sm" role="status">
      <Group gap="sm">
        <CommandStatePill state={command.state} />
        {command.wire_status !== null && <Text size="sm">{t("commands.stationSays", { status: command.wire_status })}</Text>}
      </Group>
      <Text size="sm" c="dimmed" mt={6}>
        {command.effect === null ? t(`commands.meaning.${command.state}`) : t(`commands.effect.${command.effect}`)}
      </Text>
      {hasContent(command.result) && (
        <Box mt="xs" mah={320} style={{ overflow: "auto" }}>
          <JsonView value={command.result} />
        </Box>
      )}
    </Box>
  );
}

function hasContent(result: unknown): boolean {
  return typeof result === "object" ? result !== null && Object.keys(result).length > 0 : result !== undefined;
}
