import { Button, Group, SegmentedControl, Switch, Text, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ChargingStation, OcppMessage } from "@voltway/api";
import { IconBraces, IconSearch, Notice } from "@voltway/ui";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { LoadMore } from "../../shared/LoadMore.tsx";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { hasFilter } from "../../shared/searchText.ts";
import { DIRECTIONS, type StationTabSearch } from "../stations/search.ts";
import { localTime, wireInstant } from "../timeline/localTime.ts";
import { messagesQuery } from "./api.ts";
import { MessageRow } from "./MessageRow.tsx";
import classes from "./Messages.module.css";

type Filters = Omit<StationTabSearch, "tab">;

/** What was said on the line, newest first; it grows while the station talks, until the reader holds it still. The filters stand in
 *  the address, so that what somebody found can be sent. */
export function MessagesTab({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const { tab, ...filters } = useSearch({ from: "/shell/stations/$stationId" });
  const navigate = useNavigate({ from: "/stations/$stationId" });
  const [held, setHeld] = useState<OcppMessage[] | null>(null);
  const narrow = (change: Filters) => {
    setHeld(null);
    const search = Object.fromEntries(Object.entries({ tab, ...filters, ...change }).filter(([, value]) => value !== undefined));
    void navigate({ search, replace: true, resetScroll: false });
  };
  const untilId = useId();
  const narrowSoon = useDebouncedCallback(narrow, 300);
  const [cleared, setCleared] = useState(0); // takes what was typed out of the fields
  const messages = useInfiniteQuery(
    messagesQuery(station.id, {
      action: filters.action,
      text: filters.text,
      direction: filters.direction,
      kind: filters.errors && "error",
      until: filters.at,
    }),
  );
  const current = messages.data ? allItems(messages.data) : [];
  const shown = held ?? current;
  return (
    <>
      <Group p="md" gap="sm">
        <TextInput
          w={{ base: "100%", xs: 140 }}
          aria-label={t("messages.action")}
          placeholder={t("messages.action")}
          key={`action ${cleared}`}
          defaultValue={filters.action}
          onChange={(event) => {
            narrowSoon({ action: event.currentTarget.value.trim() || undefined });
          }}
        />
        <TextInput
          type="search"
          w={{ base: "100%", xs: 180 }}
          leftSection={<IconSearch size={16} stroke={1.8} />}
          aria-label={t("messages.text")}
          placeholder={t("messages.text")}
          key={`text ${cleared}`}
          defaultValue={filters.text}
          onChange={(event) => {
            narrowSoon({ text: event.currentTarget.value.trim() || undefined });
          }}
        />
        <Group gap={6} wrap="nowrap">
          <Text size="sm" component="label" htmlFor={untilId}>
            {t("messages.until")}
          </Text>
          <TextInput
            id={untilId}
            type="datetime-local"
            w={190}
            value={filters.at ? localTime(filters.at) : ""}
            onChange={(event) => {
              narrow({ at: wireInstant(event.currentTarget.value) });
            }}
          />
        </Group>
        <SegmentedControl
          aria-label={t("messages.direction.label")}
          value={filters.direction ?? "all"}
          data={(["all", ...DIRECTIONS] as const).map((one) => ({ value: one, label: t(`messages.direction.${one}`) }))}
          onChange={(value) => {
            narrow({ direction: DIRECTIONS.find((one) => one === value) });
          }}
        />
        <Switch
          label={t("messages.errors")}
          checked={filters.errors ?? false}
          onChange={(event) => {
            narrow({ errors: event.currentTarget.checked || undefined });
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
        empty={
          hasFilter(filters) ? (
            <Notice
              icon={IconSearch}
              title={t("common.noMatch")}
              text={t("common.noMatchText")}
              action={
                <Button
                  variant="default"
                  onClick={() => {
                    narrow({ action: undefined, text: undefined, at: undefined, direction: undefined, errors: undefined });
                    setCleared(cleared + 1);
                  }}
                >
                  {t("messages.all")}
                </Button>
              }
            />
          ) : (
            <Notice icon={IconBraces} title={t("messages.empty")} text={t("messages.emptyText")} />
          )
        }
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
