import { Button, Grid, Group, Select, Stack, Text, Textarea, Timeline } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { TicketDetail } from "@voltway/api";
import { ActionButton, Callout, Facts, PageHeader, Panel } from "@voltway/ui";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { allItems } from "../../shared/pages.ts";
import { problemText } from "../../shared/problemText.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { accountQuery } from "../account/api.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { DriverLink } from "../drivers/DriverLink.tsx";
import { membersQuery } from "../staff/api.ts";
import { ticketQuery, useNoteTicket, usePatchTicket } from "./api.ts";
import { PriorityPill, TicketStatePill } from "./pills.tsx";
import { TICKET_PRIORITIES } from "./search.ts";

export function TicketPage() {
  const { ticketId } = useParams({ from: "/shell/tickets/$ticketId" });
  const ticket = useQuery(ticketQuery(ticketId));
  return <QueryView query={ticket}>{(data) => <TicketView ticket={data} />}</QueryView>;
}

function TicketView({ ticket }: { ticket: TicketDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const refusal = useRefusal("tickets:write");
  const patch = usePatchTicket(ticket.id, ticket.version);
  const facts: [string, ReactNode][] = [
    [t("tickets.kindLabel"), t(`tickets.kind.${ticket.kind}`)],
    [t("tickets.openedBy"), `${ticket.opened_by}, ${format.dateTime(ticket.opened_at)}`],
  ];
  if (ticket.station_id) facts.push([t("tickets.station"), <AnchorLink key="station" {...paths.station(ticket.station_id)} search={{ tab: "timeline", at: ticket.opened_at }}>{ticket.station_identity}</AnchorLink>]);
  if (ticket.session_id) facts.push([t("tickets.session"), <AnchorLink key="session" {...paths.session(ticket.session_id)}>{t("stations.openSession")}</AnchorLink>]);
  if (ticket.driver_id) facts.push([t("tickets.driver"), <DriverLink
        key="driver"
        driverId={ticket.driver_id}
        otherwise={<AnchorLink {...paths.tickets()} search={{ driver: ticket.driver_id, state: "all" }}>{t("tickets.ofDriver")}</AnchorLink>}
      >
        {t("drivers.open")}
      </DriverLink>]);
  if (ticket.contact) facts.push([t("tickets.contact"), ticket.contact]);
  if (ticket.solved_at) facts.push([t("tickets.solvedAt"), format.dateTime(ticket.solved_at)]);
  const move = (state: TicketDetail["state"]) => () => {
    patch.mutate({ state });
  };
  return (
    <>
      <PageHeader
        above={<AnchorLink {...paths.tickets()}>← {t("tickets.title")}</AnchorLink>}
        title={ticket.subject}
        marks={
          <>
            <TicketStatePill state={ticket.state} />
            <PriorityPill priority={ticket.priority} />
          </>
        }
        actions={
          <>
            {ticket.state !== "waiting" && (
              <ActionButton variant="default" disabledReason={refusal} loading={patch.isPending} onClick={move("waiting")}>
                {t("tickets.wait")}
              </ActionButton>
            )}
            <ActionButton disabledReason={refusal} loading={patch.isPending} onClick={move(ticket.state === "solved" ? "open" : "solved")}>
              {ticket.state === "solved" ? t("tickets.reopen") : t("tickets.solve")}
            </ActionButton>
          </>
        }
      />
      {patch.error && (
        <Callout tone="faulted" role="alert">
          {problemText(patch.error)}
        </Callout>
      )}
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Panel title={t("tickets.notes")}>
            <NoteForm id={ticket.id} refusal={refusal} />
            <Timeline bulletSize={12} lineWidth={2} mt="md">
              {ticket.notes.map((note) => (
                <Timeline.Item key={note.id}>
                  <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} c={note.what === "changed" ? "dimmed" : undefined}>
                    {note.text}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {note.author} · <Age at={note.at} />
                  </Text>
                </Timeline.Item>
              ))}
            </Timeline>
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            <Panel title={t("tickets.about")}>
              <Facts rows={facts} />
            </Panel>
            {ticket.has_photo && (
              <Panel title={t("tickets.photo")}>
                <a href={`/api/v1/tickets/${ticket.id}/photo`} target="_blank" rel="noreferrer">
                  <img src={`/api/v1/tickets/${ticket.id}/photo`} alt={t("tickets.photo")} loading="lazy" style={{ display: "block", maxWidth: "100%", borderRadius: 8 }} />
                </a>
              </Panel>
            )}
            <Panel>
              <Stack gap="sm">
                <Select
                  label={t("tickets.priorityLabel")}
                  allowDeselect={false}
                  disabled={refusal !== undefined}
                  data={TICKET_PRIORITIES.map((value) => ({ value, label: t(`tickets.priority.${value}`) }))}
                  value={ticket.priority}
                  onChange={(value) => {
                    const priority = TICKET_PRIORITIES.find((one) => one === value);
                    if (priority) patch.mutate({ priority });
                  }}
                />
                <Assignee ticket={ticket} refusal={refusal} onAssign={(assignee_id) => { patch.mutate({ assignee_id }); }} />
              </Stack>
            </Panel>
          </Stack>
        </Grid.Col>
      </Grid>
    </>
  );
}

function NoteForm({ id, refusal }: { id: string; refusal: string | undefined }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const note = useNoteTicket(id);
  const lack = refusal ?? (text.trim() ? undefined : t("tickets.noteMissing"));
  return (
    <Stack gap="xs">
      <Textarea
        label={t("tickets.note")}
        autosize
        minRows={2}
        maxLength={5000}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
        }}
      />
      <Group justify="flex-end">
        <ActionButton
          size="xs"
          disabledReason={lack}
          loading={note.isPending}
          onClick={() => {
            note.mutate(text.trim(), {
              onSuccess: () => {
                setText("");
              },
            });
          }}
        >
          {t("tickets.addNote")}
        </ActionButton>
      </Group>
    </Stack>
  );
}

interface AssigneeProps {
  ticket: TicketDetail;
  refusal: string | undefined;
  onAssign: (accountId: string | null) => void;
}

/** Who may see the staff chooses among them; everybody else may take it. */
function Assignee({ ticket, refusal, onAssign }: AssigneeProps) {
  const { t } = useTranslation();
  const { data: account } = useQuery(accountQuery);
  const sees = account?.permissions.includes("members:read") ?? false;
  const members = useInfiniteQuery({ ...membersQuery, enabled: sees });
  if (!sees) {
    return (
      <Group justify="space-between">
        <Text size="sm">{ticket.assignee ?? t("incidents.nobody")}</Text>
        <Button
          size="xs"
          variant="default"
          disabled={refusal !== undefined || !account}
          onClick={() => {
            onAssign(account?.id ?? null);
          }}
        >
          {t("incidents.takeIt")}
        </Button>
      </Group>
    );
  }
  return (
    <Select
      label={t("tickets.assignee")}
      placeholder={t("incidents.nobody")}
      clearable
      searchable
      disabled={refusal !== undefined}
      data={members.data ? allItems(members.data).map(({ id, name, email }) => ({ value: id, label: name || email })) : []}
      value={ticket.assignee_id}
      onChange={onAssign}
    />
  );
}
