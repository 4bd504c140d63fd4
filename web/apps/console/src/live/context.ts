import type { LiveState } from "@voltway/live";
import { createContext, useContext, useSyncExternalStore } from "react";
import { ActivityFeed, type Activity } from "./activity.ts";

/** The live connection as the pages see it; `lostAt` is when what is on screen began to grow old. */
export interface Line {
  state: LiveState;
  lostAt: string | null;
}

export const LineContext = createContext<Line>({ state: "connecting", lostAt: null });
export const FeedContext = createContext(new ActivityFeed());

export function useLine(): Line {
  return useContext(LineContext);
}

export function useActivity(): readonly Activity[] {
  const feed = useContext(FeedContext);
  return useSyncExternalStore(feed.subscribe, feed.items);
}
