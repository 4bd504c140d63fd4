import { Group, SegmentedControl, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ChargingStation, OcppMessage } from "@voltway/api";
import { IconBraces, IconSearch, Notice } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { messagesQuery } from "./api.ts";
import { MessageRow } from "./MessageRow.tsx";
import classes from "./Messages.module.css";

const DIRECTIONS = ["all", "in", "out"] as const;
type DirectionFilter = (typeof DIRECTIONS)[number];

/** What was said on the line, newest first; it grows while the station talks, until the reader holds it still. */
export function MessagesTab({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const [action, setAction] = useState("");
  const [text, setText] = useState("");
  const [direction, setDirection] = useState<DirectionFilter>("all");
  const [held, setHeld] = useState<OcppMessage[] | null>(null);
  const [actionNeedle] = useDebouncedValue(action.trim(), 300);
  const [textNeedle] = useDebouncedValue(text.trim(), 300);
  const messages = useInfiniteQuery(
    messagesQuery(station.id, { action: actionNeedle || undefined, text: textNeedle || undefined }),
  );
  const current = messages.data ? allItems(messages.data) : [];
  const shown = (held ?? current).filter((message) => direction === "all" || message.direction === direction);
  return (
    <>
      <Group p="md" gap="sm">
        <TextInput
          aria-label={t("messages.action")}
          placeholder={t("messages.action")}
          value={action}
          onChange={(event) => {
            setAction(event.currentTarget.value);
            setHeld(null);
          }}
        />
        <TextInput
          type="search"
          leftSection={<IconSearch size={16} stroke={1.8} />}
          aria-label={t("messages.text")}
          placeholder={t("messages.text")}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setHeld(null);
          }}
        />
        <SegmentedControl
          aria-label={t("messages.direction.label")}
          value={direction}
          data={DIRECTIONS.map((one) => ({ value: one, label: t(`messages.direction.${one}`) }))}
          onChange={(value) => {
            setDirection(value);
          }}
        />
        <Switch
          ml="auto"
          label={t("messages.follow")}
          checked={held === null}
          onChange={(event) => {
            setHeld(event.currentTarget.checked ? null : current);
          }}
        />
      </Group>
      <QueryView
        query={messages}
        isEmpty={() => shown.length === 0}
        empty={<Notice icon={IconBraces} title={t("messages.empty")} text={t("messages.emptyText")} />}
      >
        {() => (
          <ul className={classes.list}>
            {shown.map((message) => (
              <MessageRow key={message.id} message={message} />
            ))}
          </ul>
        )}
      </QueryView>
      {held === null && <LoadMore query={messages} />}
    </>
  );
}
