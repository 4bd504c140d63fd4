import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";
import type { Page, Session } from "@voltway/api";
import { accountKeys } from "../features/account/api.ts";
import { commandKeys } from "../features/commands/api.ts";
import { messageKeys } from "../features/messages/api.ts";
import { overviewKeys } from "../features/overview/api.ts";
import { sessionKeys } from "../features/sessions/api.ts";
import { stationKeys } from "../features/stations/api.ts";
import { timelineKeys } from "../features/timeline/api.ts";
import { variableKeys } from "../features/variables/api.ts";
import type { ActivityFeed } from "./activity.ts";
import { readHint, type Hint } from "./hint.ts";

/** The shortest time between two fetches of one query, however many hints arrive: what a person can follow, and a server can bear. */
const DETAIL_EVERY_MS = 800;
const LIST_EVERY_MS = 2_500;
const OVERVIEW_EVERY_MS = 4_000;

/**
 * Turns the server's hints into fetches of what is on screen. A hint may be late, doubled or lost: it names what changed, and the
 * answer of the REST interface is what counts. Only the running figures of a session are taken over as they come.
 */
export function createHintHandler(queryClient: QueryClient, feed: ActivityFeed): (name: string, payload: unknown) => void {
  const refresh = createRefresher(queryClient);

  const handlers: Partial<Record<string, (hint: Hint) => void>> = {
    "station.changed": (hint) => {
      const { id, at, stationIdentity, evseNumber, status } = hint;
      const what = status ?? hint.what;
      if (what !== null && evseNumber !== 0) feed.add({ kind: "station", id, at, stationId: id, stationIdentity, what, evseNumber });
      refresh(stationKeys.detail(id), DETAIL_EVERY_MS);
      refresh(timelineKeys.ofStation(id), LIST_EVERY_MS);
      refresh(stationKeys.lists, LIST_EVERY_MS);
      refresh(overviewKeys.all, OVERVIEW_EVERY_MS);
    },
    "session.changed": (hint) => {
      const { id, at, stationId, stationIdentity, state, what } = hint;
      // Without a `what` only its figures have moved.
      if (what !== null && state !== null) feed.add({ kind: "session", id, at, stationId, stationIdentity, what: state });
      const isOtherwise = patchSession(queryClient, hint);
      if (what !== null || isOtherwise) refresh(sessionKeys.lists, DETAIL_EVERY_MS);
      refresh(sessionKeys.detail(id), DETAIL_EVERY_MS);
      refresh(sessionKeys.samples(id), LIST_EVERY_MS);
      if (what !== null && stationId !== null) refresh(timelineKeys.ofStation(stationId), LIST_EVERY_MS);
      refresh(overviewKeys.all, OVERVIEW_EVERY_MS);
    },
    "command.changed": (hint) => {
      const { id, at, stationId, stationIdentity, state, type } = hint;
      if (state !== null) feed.add({ kind: "command", id, at, stationId, stationIdentity, what: state, commandType: type });
      refresh(commandKeys.all, DETAIL_EVERY_MS);
      if (stationId !== null) refresh(timelineKeys.ofStation(stationId), LIST_EVERY_MS);
      if (stationId !== null) refresh(variableKeys.ofStation(stationId), LIST_EVERY_MS);
    },
    "message.logged": ({ id }) => {
      refresh(messageKeys.ofStation(id), DETAIL_EVERY_MS);
    },
  };

  return (name, payload) => {
    // The server threw hints away because this page did not keep up.
    if (name === "refresh") void refetchAll(queryClient);
    const hint = readHint(payload);
    if (hint) handlers[name]?.(hint);
  };
}

/** Marks everything on screen as out of date, but for who is logged in. */
export function refetchAll(queryClient: QueryClient): Promise<void> {
  return queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== accountKeys.all[0] });
}

/** Writes the running figures into every cached copy; true if a list shows the session in another state than it is in. */
export function patchSession(queryClient: QueryClient, { id, state, figures }: Hint): boolean {
  let isOtherwise = false;
  queryClient.setQueriesData<InfiniteData<Page<Session>>>({ queryKey: sessionKeys.lists }, (lists) => {
    if (!lists?.pages.some((page) => page.items.some((session) => session.id === id))) return lists;
    const patch = (session: Session): Session => {
      if (session.id !== id) return session;
      isOtherwise ||= state !== null && session.state !== state;
      return { ...session, ...figures };
    };
    return { ...lists, pages: lists.pages.map((page) => ({ ...page, items: page.items.map(patch) })) };
  });
  queryClient.setQueryData<Session>(sessionKeys.detail(id), (session) => session && { ...session, ...figures });
  return isOtherwise;
}

/** Marks queries as out of date, each at most once per interval: the hints in between fall together. */
function createRefresher(queryClient: QueryClient): (queryKey: QueryKey, everyMs: number) => void {
  const waiting = new Set<string>();
  return (queryKey, everyMs) => {
    const name = JSON.stringify(queryKey);
    if (waiting.has(name)) return;
    waiting.add(name);
    setTimeout(() => {
      waiting.delete(name);
      void queryClient.invalidateQueries({ queryKey });
    }, everyMs);
  };
}
