import type { ConnectorStatus, Overview, StatusCounts } from "@voltway/api";
import type { Network } from "./network.ts";

const HISTORY_MINUTES = 12 * 60;

export function overviewOf({ stations, sessions }: Network): Overview {
  const active = sessions.filter(({ state }) => state === "active");
  const power_w = active.reduce((sum, session) => sum + (session.power_w ?? 0), 0);
  const online = stations.filter(({ is_online }) => is_online);
  return {
    stations: { total: stations.length, online: online.length, by_status: countBy(online.map(({ status }) => status)) },
    connectors: countBy(stations.flatMap(({ evses }) => evses.flatMap(({ connectors }) => connectors.map(({ status }) => status)))),
    sessions: { active: active.length, today: sessions.length },
    power_w,
    energy_today_wh: sessions.reduce((sum, session) => sum + session.energy_wh, 0),
    revenue_today: [{ minor: sessions.reduce((sum, { cost }) => sum + (cost?.minor ?? 0), 0), currency: "EUR" }],
    power_history: Array.from({ length: HISTORY_MINUTES / 5 }, (_, index) => {
      const wave = 0.55 + 0.3 * Math.sin(index / 17) + 0.12 * Math.sin(index / 4.1) + 0.06 * Math.sin(index * 1.7);
      const isLast = index === HISTORY_MINUTES / 5 - 1;
      return {
        at: new Date(Date.now() - (HISTORY_MINUTES - (index + 1) * 5) * 60_000).toISOString(),
        power_w: isLast ? power_w : Math.round(power_w * wave),
      };
    }),
  };
}

function countBy(statuses: (ConnectorStatus | null)[]): StatusCounts {
  const counts: StatusCounts = {};
  for (const status of statuses) if (status !== null) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
