import type { BulkStation } from "@voltway/api";
import { IconBan, IconHourglassHigh, StatusPill } from "@voltway/ui";
import { useTranslation } from "react-i18next";
import { CommandStatePill } from "../commands/CommandStatePill.tsx";

/** What became of an order at a station, in the words of commands. */
export function BulkStatePill({ state }: { state: BulkStation["state"] }) {
  const { t } = useTranslation();
  if (state === "waiting" || state === "ordered" || state === "skipped") {
    const look = { waiting: "unavailable", ordered: "occupied", skipped: "warning" } as const;
    return (
      <StatusPill tone={look[state]} icon={state === "skipped" ? IconBan : IconHourglassHigh}>
        {t(`bulk.state.${state}`)}
      </StatusPill>
    );
  }
  return <CommandStatePill state={state} />;
}
