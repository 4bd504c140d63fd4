import { useInfiniteQuery } from "@tanstack/react-query";
import { IconPlug, Notice, Panel } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { allItems } from "../../shared/pages.ts";
import { ButtonLink } from "../../shared/links.tsx";
import { QueryView } from "../../shared/QueryView.tsx";
import { sessionsQuery } from "../sessions/api.ts";
import { SessionTable } from "../sessions/SessionTable.tsx";

const SHOWN = 10;

export function ActiveSessions() {
  const { t } = useTranslation();
  const sessions = useInfiniteQuery(sessionsQuery({ state: "active" }, SHOWN));
  return (
    <Panel
      padded={false}
      title={t("overview.active")}
      actions={
        <ButtonLink {...paths.sessions()} search={{ state: "active" }} variant="subtle" size="compact-sm">
          {t("overview.allSessions")}
        </ButtonLink>
      }
    >
      <QueryView
        query={sessions}
        isEmpty={(data) => allItems(data).length === 0}
        empty={<Notice icon={IconPlug} title={t("overview.noSessions")} text={t("overview.noSessionsText")} />}
      >
        {(data) => (
          <SessionTable
            label={t("overview.active")}
            sessions={allItems(data).slice(0, SHOWN)}
            columns={["station", "id_token", "power", "energy", "duration", "cost"]}
          />
        )}
      </QueryView>
    </Panel>
  );
}
