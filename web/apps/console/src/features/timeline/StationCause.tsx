import { useQuery } from "@tanstack/react-query";
import type { ChargingStation } from "@voltway/api";
import { Callout } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { timelineQuery } from "./api.ts";
import { useCauseWords } from "./causeWords.ts";
import { isUnusual } from "./causes.ts";

/** Above the page, when something is the matter with the station just now: what, and where to read how one can tell. */
export function StationCause({ station }: { station: ChargingStation }) {
  const { t } = useTranslation();
  const wordsOf = useCauseWords();
  const { data } = useQuery(timelineQuery(station.id));
  const cause = data?.causes[0];
  if (!cause || !isUnusual(cause)) return null;
  const words = wordsOf(cause);
  return (
    <Callout title={words.title} tone={cause.name.startsWith("fault") ? "faulted" : "warning"}>
      {words.next}{" "}
      <AnchorLink {...paths.station(station.id)} search={{ tab: "timeline" }} c="inherit" td="underline" fw={600}>
        {t("timeline.show")}
      </AnchorLink>
    </Callout>
  );
}
