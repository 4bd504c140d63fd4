import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LiveConnection, type LiveState } from "@voltway/live";
import { useEffect, useState, type ReactNode } from "react";
import { accountKeys, accountQuery } from "../features/account/api.ts";
import { ActivityFeed } from "./activity.ts";
import { FeedContext, LineContext, type Line } from "./context.ts";
import { createHintHandler, refetchAll } from "./hints.ts";

/** How long a hidden tab keeps its connection: browsers allow few per origin, and a pile of open tabs must not starve the one in use. */
const HIDDEN_LIMIT_MS = 60_000;

/** Keeps one live connection while somebody is logged in who may listen, and gives its state and the activity feed to the pages. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const [line, setLine] = useState<Line>({ state: "connecting", lostAt: null });
  const [feed] = useState(() => new ActivityFeed());
  const { data: account } = useQuery(accountQuery);
  const mayListen = account?.permissions.includes("live:read") ?? false;

  useEffect(() => {
    if (!mayListen) return;
    const connection = new LiveConnection({
      url: "/api/v1/live",
      onEvent: createHintHandler(queryClient, feed),
      onState: (state) => {
        setLine((line) => nextLine(line, state));
      },
      onResume: () => void refetchAll(queryClient),
      onSignedOut: () => void queryClient.invalidateQueries({ queryKey: accountKeys.all }),
    });
    let hidden: ReturnType<typeof setTimeout> | undefined;
    const onVisibility = () => {
      clearTimeout(hidden);
      if (document.visibilityState === "visible") {
        connection.start();
      } else {
        hidden = setTimeout(() => {
          connection.pause();
        }, HIDDEN_LIMIT_MS);
      }
    };
    connection.start();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      clearTimeout(hidden);
      document.removeEventListener("visibilitychange", onVisibility);
      connection.stop();
    };
  }, [queryClient, feed, mayListen]);

  return (
    <LineContext value={line}>
      <FeedContext value={feed}>{children}</FeedContext>
    </LineContext>
  );
}

function nextLine(line: Line, state: LiveState): Line {
  if (state === "live") return { state, lostAt: null };
  return { state, lostAt: state === "down" ? (line.lostAt ?? new Date().toISOString()) : line.lostAt };
}
