import { Button, Chip, Group, Select, Stack, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { ChargingStation, MomentSource } from "@voltway/api";
import { Callout, IconDownload, IconHistory, Notice } from "@voltway/ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { download } from "../../shared/download.ts";
import { QueryView } from "../../shared/QueryView.tsx";
import { useFormat } from "../../shared/useFormat.ts";
import { timelineQuery } from "./api.ts";
import { CauseCard } from "./CauseCard.tsx";
import { SOURCES } from "./describe.ts";
import { localTime, wireInstant } from "./localTime.ts";
import { MomentRow } from "./MomentRow.tsx";
import classes from "./Timeline.module.css";

/** "Explain this charger at 14:05": everything in one column, and what probably was the matter. */
export function TimelineTab({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { at } = useSearch({ from: "/shell/stations/$stationId" });
  const navigate = useNavigate({ from: "/stations/$stationId" });
  const [hidden, setHidden] = useState<MomentSource[]>([]);
  const [evse, setEvse] = useState<string | null>(null);
  const timeline = useQuery({ ...timelineQuery(station.id, at), placeholderData: keepPreviousData });
  const explain = (instant: string | undefined) =>
    void navigate({ search: { tab: "timeline", ...(instant ? { at: instant } : {}) }, replace: true, resetScroll: false });
  const step = (minutes: number) => () => {
    explain(new Date((at ? Date.parse(at) : Date.now()) + minutes * 60_000).toISOString());
  };
  return (
    <Stack gap={0}>
      <Group p="md" gap="sm" align="flex-end">
        <TextInput
          type="datetime-local"
          label={t("timeline.at")}
          value={at ? localTime(at) : ""}
          onChange={(event) => {
            explain(wireInstant(event.currentTarget.value));
          }}
        />
        <Button.Group>
          <Button variant="default" onClick={step(-30)}>
            {t("timeline.earlier")}
          </Button>
          {at && (
            <Button variant="default" onClick={step(30)}>
              {t("timeline.later")}
            </Button>
          )}
          {at && (
            <Button
              variant="default"
              onClick={() => {
                explain(undefined);
              }}
            >
              {t("timeline.now")}
            </Button>
          )}
        </Button.Group>
        {station.evses.length > 1 && (
          <Select
            aria-label={t("timeline.evse")}
            placeholder={t("timeline.allEvses")}
            clearable
            w={150}
            data={station.evses.map(({ evse_number: number }) => ({ value: String(number), label: t("stations.evse", { number }) }))}
            value={evse}
            onChange={setEvse}
          />
        )}
        <Button
          ml="auto"
          variant="default"
          leftSection={<IconDownload size={16} />}
          disabled={!timeline.data}
          onClick={() => {
            download(`${station.identity}-timeline.json`, JSON.stringify(timeline.data, null, 2), "application/json");
          }}
        >
          {t("timeline.export")}
        </Button>
      </Group>
      <QueryView query={timeline}>
        {({ causes, moments, left_out: leftOut, is_cut: isCut, since, until }) => {
          const evidence = new Set(causes[0]?.moment_ids);
          const shown = moments.filter(
            ({ source, evse_number: number }) => !hidden.includes(source) && (evse === null || number === null || number === 0 || String(number) === evse),
          );
          return (
            <>
              <div className={classes.causes}>
                {causes.map((cause, index) => (
                  <CauseCard key={cause.name} station={station} cause={cause} isFirst={index === 0} />
                ))}
              </div>
              <Chip.Group
                multiple
                value={SOURCES.filter((source) => !hidden.includes(source))}
                onChange={(kept) => {
                  setHidden(SOURCES.filter((source) => !kept.includes(source)));
                }}
              >
                <Group px="md" pb="sm" gap={6} role="group" aria-label={t("timeline.sources")}>
                  {SOURCES.filter((source) => !leftOut.includes(source)).map((source) => (
                    <Chip key={source} value={source} size="xs" variant="light">
                      {t(`timeline.source.${source}`)} {moments.filter((moment) => moment.source === source).length}
                    </Chip>
                  ))}
                  <span className={classes.span}>
                    {format.dateTime(since)} – {format.time(until)}
                  </span>
                </Group>
              </Chip.Group>
              {isCut && (
                <div className={classes.causes}>
                  <Callout>{t("timeline.cut")}</Callout>
                </div>
              )}
              {shown.length === 0 ? (
                <Notice icon={IconHistory} title={t("timeline.empty")} text={t("timeline.emptyText")} />
              ) : (
                <ol className={classes.list}>
                  {shown.map((moment) => (
                    <MomentRow key={moment.id} moment={moment} isEvidence={evidence.has(moment.id)} />
                  ))}
                </ol>
              )}
            </>
          );
        }}
      </QueryView>
    </Stack>
  );
}
