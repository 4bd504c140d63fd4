import { Group, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { ChargingStation } from "@voltway/api";
import { IconCircleCheck, IconCircleDashed, IconCircleX } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { allItems } from "../../shared/pages.ts";
import { samplesQuery, sessionsQuery } from "../sessions/api.ts";
import { variablesQuery } from "../variables/api.ts";
import { check, CHECKS, testCharge, type CheckState } from "./checks.ts";
import classes from "./Checklist.module.css";

const ICONS = { done: IconCircleCheck, open: IconCircleX, later: IconCircleDashed } as const satisfies Record<CheckState, unknown>;
/** So many sessions are looked at for one that went well. */
const SESSIONS = 20;

/** Whether a station is ready for drivers, point by point, with what to do about what is open. */
export function Checklist({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const variables = useInfiniteQuery(variablesQuery(station.id));
  const found = useInfiniteQuery(sessionsQuery({ station_id: station.id }, SESSIONS));
  const sessions = found.data ? allItems(found.data) : [];
  const charge = testCharge(sessions);
  const samples = useQuery({ ...samplesQuery(charge?.id ?? ""), enabled: charge !== undefined });
  if (variables.isPending || found.isPending || (charge !== undefined && samples.isPending)) return null;
  const hasSettings = variables.data !== undefined && allItems(variables.data).length > 0;
  const states = check({ station, hasSettings, sessions, samples: samples.data?.length ?? 0 });
  const done = CHECKS.filter((one) => states[one] === "done").length;
  return (
    <Stack gap="xs" mb="lg" component="section" aria-label={t("commissioning.title")}>
      <Group justify="space-between">
        <Text fw={650}>{t("commissioning.title")}</Text>
        <Text size="sm" c="dimmed">
          {done === CHECKS.length ? t("commissioning.ready") : t("commissioning.count", { done, total: CHECKS.length })}
        </Text>
      </Group>
      <ul className={classes.list}>
        {CHECKS.map((one) => {
          const state = states[one];
          const Icon = ICONS[state];
          return (
            <li key={one} data-state={state}>
              <Icon size={18} stroke={1.9} aria-hidden="true" />
              <span>
                {t(`commissioning.check.${one}`)}
                <VisuallyHidden>: {t(`commissioning.state.${state}`)}</VisuallyHidden>
                {state === "open" && <small>{t(`commissioning.todo.${one}`)}</small>}
                {one === "charged" && charge && (
                  <small>
                    <AnchorLink {...paths.session(charge.id)}>{t("commissioning.showCharge")}</AnchorLink>
                  </small>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </Stack>
  );
}
