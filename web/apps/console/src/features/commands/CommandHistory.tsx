import { ActionIcon, Box, Group, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { Command } from "@voltway/api";
import { IconChevronDown, IconChevronRight, IconTerminal2, JsonView, Notice } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { Age } from "../../shared/Age.tsx";
import { DataTable } from "../../shared/DataTable.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { stationCommandsQuery } from "./api.ts";
import { CommandStatePill } from "./CommandStatePill.tsx";
import { COMMAND_TYPES } from "./forms.ts";

export function CommandHistory({ stationId }: { stationId: string }) {
  const { t } = useTranslation();
  const commands = useQuery(stationCommandsQuery(stationId));
  return (
    <>
      <Title order={2}>{t("commands.history")}</Title>
      <QueryView
        query={commands}
        isEmpty={({ items }) => items.length === 0}
        empty={<Notice icon={IconTerminal2} title={t("commands.historyEmpty")} text={t("commands.historyEmptyText")} />}
      >
        {({ items }) => (
          <DataTable
            label={t("commands.history")}
            columns={[{ label: t("commands.command") }, { label: t("commands.outcome") }, { label: t("commands.by") }, { label: t("commands.when"), isNumeric: true }]}
          >
            {items.map((command) => (
              <CommandRow key={command.id} command={command} />
            ))}
          </DataTable>
        )}
      </QueryView>
    </>
  );
}

function CommandRow({ command }: { command: Command }) {
  const { t } = useTranslation();
  const [isOpen, { toggle }] = useDisclosure(false);
  const known = COMMAND_TYPES.find((type) => type === command.type);
  const Chevron = isOpen ? IconChevronDown : IconChevronRight;
  return (
    <>
      <tr>
        <td>
          <Group gap={4} wrap="nowrap">
            <ActionIcon variant="subtle" color="gray" size="sm" aria-expanded={isOpen} aria-label={t("commands.details")} onClick={toggle}>
              <Chevron size={15} />
            </ActionIcon>
            <span style={{ fontWeight: 550 }}>{known ? t(`commands.type.${known}`) : command.type}</span>
          </Group>
        </td>
        <td>
          <CommandStatePill state={command.state} />
          {command.effect !== null && (
            <Text size="xs" c="dimmed" mt={2}>
              {t(`commands.effect.${command.effect}`)}
            </Text>
          )}
        </td>
        <td>{command.requested_by}</td>
        <td data-num>
          <Age at={command.requested_at} />
        </td>
      </tr>
      {isOpen && (
        <tr>
          <td colSpan={4} data-wrap>
            <Box mah={360} style={{ overflow: "auto" }}>
              <JsonView value={{ arguments: command.arguments, wire_status: command.wire_status, result: command.result }} />
            </Box>
          </td>
        </tr>
      )}
    </>
  );
}
