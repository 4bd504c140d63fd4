import { Select, TextInput } from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ActionButton, IconLifebuoy, IconPlus, IconSearch, Notice, PageHeader } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { ListPanel } from "../../shared/ListPanel.tsx";
import { hasFilter } from "../../shared/searchText.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { AddTicketDialog } from "./AddTicketDialog.tsx";
import { ticketsQuery } from "./api.ts";
import { readTicketSearch, TICKET_PRIORITIES, TICKET_STATES, type TicketSearch } from "./search.ts";
import { TicketTable } from "./TicketTable.tsx";

export function TicketsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/tickets" });
  const tickets = useInfiniteQuery(ticketsQuery(search));
  const refusal = useRefusal("tickets:write");
  const [isAdding, { open, close }] = useDisclosure(false);
  const change = (values: { [K in keyof TicketSearch]?: string | null }) => {
    void navigate({ ...paths.tickets(), search: readTicketSearch({ ...search, ...values }), replace: true });
  };
  const changeText = useDebouncedCallback((text: string) => {
    change({ text });
  }, 300);
  const isFiltered = hasFilter(search);
  const add = (
    <ActionButton leftSection={<IconPlus size={17} />} disabledReason={refusal} onClick={open}>
      {t("tickets.add")}
    </ActionButton>
  );
  return (
    <>
      <PageHeader title={t("tickets.title")} subtitle={t("tickets.subtitle")} actions={add} />
      <ListPanel
        query={tickets}
        filters={
          <>
            <TextInput
              type="search"
              w={260}
              leftSection={<IconSearch size={16} stroke={1.8} />}
              aria-label={t("tickets.search")}
              placeholder={t("tickets.search")}
              defaultValue={search.text ?? ""}
              onChange={(event) => {
                changeText(event.currentTarget.value);
              }}
            />
            <Select
              w={180}
              aria-label={t("tickets.stateLabel")}
              placeholder={t("tickets.notSolved")}
              clearable
              data={TICKET_STATES.map((value) => ({ value, label: t(`tickets.state.${value}`) }))}
              value={search.state ?? null}
              onChange={(state) => {
                change({ state });
              }}
            />
            <Select
              w={170}
              aria-label={t("tickets.priorityLabel")}
              placeholder={t("tickets.priorityLabel")}
              clearable
              data={TICKET_PRIORITIES.map((value) => ({ value, label: t(`tickets.priority.${value}`) }))}
              value={search.priority ?? null}
              onChange={(priority) => {
                change({ priority });
              }}
            />
          </>
        }
        empty={
          <Notice
            icon={IconLifebuoy}
            title={isFiltered ? t("common.noMatch") : t("tickets.none")}
            text={isFiltered ? t("common.noMatchText") : t("tickets.noneText")}
          />
        }
      >
        {(items) => <TicketTable tickets={items} />}
      </ListPanel>
      {isAdding && <AddTicketDialog about={{ driver_id: search.driver }} onClose={close} />}
    </>
  );
}
