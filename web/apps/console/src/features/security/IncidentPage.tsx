import { Button, Grid, Group, Select, Stack, Text, Textarea, Timeline } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import type { IncidentDetail } from "@voltway/api";
import { ActionButton, Facts, IconArrowLeft, JsonView, PageHeader, Panel } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { Age } from "../../shared/Age.tsx";
import { AnchorLink } from "../../shared/links.tsx";
import { notifyProblem } from "../../shared/notify.ts";
import { allItems } from "../../shared/pages.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { ReasonDialog } from "../../shared/ReasonDialog.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { accountQuery } from "../account/api.ts";
import { useRefusal } from "../account/useRefusal.ts";
import { membersQuery } from "../staff/api.ts";
import { incidentQuery, useNoteIncident, usePatchIncident } from "./api.ts";
import { IncidentStatePill, SeverityPill } from "./pills.tsx";

export function IncidentPage() {
  const { incidentId } = useParams({ from: "/shell/incidents/$incidentId" });
  const incident = useQuery(incidentQuery(incidentId));
  return <QueryView query={incident}>{(data) => <Incident incident={data} />}</QueryView>;
}

function Incident({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const patch = usePatchIncident(incident.id);
  const refusal = useRefusal("incidents:write");
  const [asked, setAsked] = useState<"open" | "closed" | null>(null);
  return (
    <>
      <PageHeader
        above={
          <AnchorLink {...paths.incidents()} mb={6} display="inline-flex" style={{ alignItems: "center", gap: 5 }}>
            <IconArrowLeft size={15} aria-hidden="true" /> {t("incidents.title")}
          </AnchorLink>
        }
        title={incident.title}
        subtitle={t("incidents.byRule", { rule: incident.rule_id })}
        marks={
          <>
            <SeverityPill severity={incident.severity} />
            <IncidentStatePill state={incident.state} />
          </>
        }
        actions={
          incident.state === "closed" ? (
            <ActionButton
              variant="default"
              disabledReason={refusal}
              onClick={() => {
                setAsked("open");
              }}
            >
              {t("incidents.reopen")}
            </ActionButton>
          ) : (
            <>
              {incident.state === "open" && (
                <ActionButton
                  variant="default"
                  disabledReason={refusal}
                  onClick={() => {
                    patch.mutate({ state: "acknowledged" }, { onError: notifyProblem });
                  }}
                >
                  {t("incidents.acknowledge")}
                </ActionButton>
              )}
              <ActionButton
                disabledReason={refusal}
                onClick={() => {
                  setAsked("closed");
                }}
              >
                {t("incidents.close")}
              </ActionButton>
            </>
          )
        }
      />
      <Grid>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Panel title={t("incidents.timeline")}>
            <Entries incident={incident} />
            <NoteForm id={incident.id} refusal={refusal} />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack>
            <Panel title={t("incidents.facts")}>
              <Facts
                rows={[
                  [
                    t("incidents.about"),
                    incident.station_id ? (
                      <AnchorLink {...paths.station(incident.station_id)}>{incident.station_identity ?? incident.subject}</AnchorLink>
                    ) : (
                      incident.subject
                    ),
                  ],
                  [t("incidents.count"), String(incident.count)],
                  [t("incidents.first"), format.exact(incident.first_at)],
                  [t("incidents.last"), <Age key="last" at={incident.last_at} />],
                  [t("incidents.action"), t(`rules.action.${incident.action}`)],
                  ...(incident.closed_at
                    ? ([[t("incidents.closedBy"), `${incident.closed_by ?? format.unknown}, ${format.dateTime(incident.closed_at)}`]] as [string, string][])
                    : []),
                  ...(incident.closed_reason ? ([[t("reason.label"), incident.closed_reason]] as [string, string][]) : []),
                ]}
              />
            </Panel>
            <AssigneePanel incident={incident} refusal={refusal} />
            {Object.keys(incident.facts).length > 0 && (
              <Panel title={t("incidents.seen")}>
                <JsonView value={incident.facts} />
              </Panel>
            )}
          </Stack>
        </Grid.Col>
      </Grid>
      {asked && (
        <ReasonDialog
          title={asked === "closed" ? t("incidents.closeTitle") : t("incidents.reopenTitle")}
          text={asked === "closed" && <Text size="sm">{t("incidents.closeText")}</Text>}
          submitLabel={asked === "closed" ? t("incidents.close") : t("incidents.reopen")}
          isPending={patch.isPending}
          error={patch.error}
          onClose={() => {
            setAsked(null);
          }}
          onSubmit={(reason) => {
            patch.mutate(
              { state: asked, reason },
              {
                onSuccess: () => {
                  setAsked(null);
                },
              },
            );
          }}
        />
      )}
    </>
  );
}

function Entries({ incident }: { incident: IncidentDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Timeline bulletSize={14} lineWidth={2} active={incident.timeline.length}>
      {incident.timeline.map((entry) => (
        <Timeline.Item
          key={entry.id}
          title={
            <Text size="sm" fw={600}>
              {t(`incidents.entry.${entry.what}`)}
              {entry.actor && (
                <Text span size="sm" fw={400}>
                  {" "}
                  · {entry.actor}
                </Text>
              )}
            </Text>
          }
        >
          {entry.text && (
            <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
              {entry.text}
            </Text>
          )}
          <Text size="xs" c="dimmed">
            {format.exact(entry.at)}
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function NoteForm({ id, refusal }: { id: string; refusal: string | undefined }) {
  const { t } = useTranslation();
  const note = useNoteIncident(id);
  const [text, setText] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        note.mutate(text.trim(), {
          onSuccess: () => {
            setText("");
          },
        });
      }}
    >
      <Stack gap="xs" mt="lg">
        <Textarea
          label={t("incidents.note")}
          autosize
          minRows={2}
          maxLength={2000}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
          }}
        />
        <Group justify="flex-end">
          <ActionButton
            type="submit"
            variant="default"
            loading={note.isPending}
            disabledReason={refusal ?? (text.trim() === "" ? t("incidents.noteMissing") : undefined)}
          >
            {t("incidents.addNote")}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  );
}

/** Whoever may see the staff chooses among it; the others can take it themselves. */
function AssigneePanel({ incident, refusal }: { incident: IncidentDetail; refusal: string | undefined }) {
  const { t } = useTranslation();
  const patch = usePatchIncident(incident.id);
  const { data: account } = useQuery(accountQuery);
  const canChoose = account?.permissions.includes("members:read") ?? false;
  const members = useInfiniteQuery({ ...membersQuery, enabled: canChoose });
  const assign = (assignee_id: string | null) => {
    patch.mutate({ assignee_id }, { onError: notifyProblem });
  };
  const names = new Map(members.data ? allItems(members.data).map(({ id, name }) => [id, name]) : []);
  if (account) names.set(account.id, account.name);
  if (incident.assignee_id) names.set(incident.assignee_id, incident.assignee ?? incident.assignee_id);
  return (
    <Panel title={t("incidents.assignee")}>
      <Group wrap="nowrap" align="flex-end">
        <Select
          flex={1}
          aria-label={t("incidents.assignee")}
          placeholder={t("incidents.nobody")}
          searchable
          clearable
          disabled={refusal !== undefined}
          data={[...names].map(([value, label]) => ({ value, label }))}
          value={incident.assignee_id}
          onChange={assign}
        />
        {refusal === undefined && account && incident.assignee_id !== account.id && (
          <Button
            variant="default"
            onClick={() => {
              assign(account.id);
            }}
          >
            {t("incidents.takeIt")}
          </Button>
        )}
      </Group>
      {refusal && (
        <Text size="xs" c="dimmed" mt={4}>
          {refusal}
        </Text>
      )}
    </Panel>
  );
}
