import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";
import type { Page, Session } from "@voltway/api";
import { commandKeys } from "../features/commands/api.ts";
import { messageKeys } from "../features/messages/api.ts";
import { overviewKeys } from "../features/overview/api.ts";
import { sessionKeys } from "../features/sessions/api.ts";
import { stationKeys } from "../features/stations/api.ts";
import type { ActivityFeed } from "./activity.ts";

/** The shortest time between two fetches of one query, however many hints arrive: what a person can follow, and a server can bear. */
const DETAIL_EVERY_MS = 800;
const LIST_EVERY_MS = 2_500;
const OVERVIEW_EVERY_MS = 4_000;

export interface Hint {
  id: string;
  at: string;
  [field: string]: unknown;
}

/**
 * Turns the server's hints into fetches of what is on screen. A hint may be late, doubled or lost: it names what changed, and the
 * answer of the REST interface is what counts. Only the running figures of a session are taken over as they come.
 */
export function createHintHandler(queryClient: QueryClient, feed: ActivityFeed): (name: string, payload: unknown) => void {
  const refresh = createRefresher(queryClient);

  const handlers: Partial<Record<string, (hint: Hint) => void>> = {
    "station.changed": (hint) => {
      feed.add({ kind: "station", id: hint.id, at: hint.at, stationIdentity: text(hint.identity), state: stationState(hint) });
      refresh(stationKeys.detail(hint.id), DETAIL_EVERY_MS);
      refresh(stationKeys.lists, LIST_EVERY_MS);
      refresh(overviewKeys.all, OVERVIEW_EVERY_MS);
    },
    "session.changed": (hint) => {
      feed.add({ kind: "session", id: hint.id, at: hint.at, stationIdentity: text(hint.station_identity), state: text(hint.state) });
      if (!patchSession(queryClient, hint)) refresh(sessionKeys.lists, DETAIL_EVERY_MS);
      refresh(sessionKeys.detail(hint.id), DETAIL_EVERY_MS);
      refresh(sessionKeys.samples(hint.id), LIST_EVERY_MS);
      refresh(overviewKeys.all, OVERVIEW_EVERY_MS);
    },
    "command.changed": (hint) => {
      feed.add({ kind: "command", id: hint.id, at: hint.at, stationIdentity: text(hint.station_identity), state: text(hint.state) });
      refresh(commandKeys.all, DETAIL_EVERY_MS);
    },
    "message.logged": (hint) => {
      refresh(messageKeys.ofStation(hint.id), DETAIL_EVERY_MS);
    },
  };

  return (name, payload) => {
    if (isHint(payload)) handlers[name]?.(payload);
  };
}

/** Writes the running figures into every cached copy; false if no list holds the session in this state, so that lists are out of date. */
export function patchSession(queryClient: QueryClient, hint: Hint): boolean {
  const state = text(hint.state);
  const figures: Partial<Session> = {};
  if (typeof hint.energy_wh === "number") figures.energy_wh = hint.energy_wh;
  if (typeof hint.power_w === "number") figures.power_w = hint.power_w;
  let isKnown = false;

  queryClient.setQueriesData<InfiniteData<Page<Session>>>({ queryKey: sessionKeys.lists }, (lists) => {
    if (!lists?.pages.some((page) => page.items.some(({ id }) => id === hint.id))) return lists;
    const patch = (session: Session): Session => {
      if (session.id !== hint.id) return session;
      isKnown ||= state === null || session.state === state;
      return { ...session, ...figures };
    };
    return { ...lists, pages: lists.pages.map((page) => ({ ...page, items: page.items.map(patch) })) };
  });
  queryClient.setQueryData<Session>(sessionKeys.detail(hint.id), (session) => session && { ...session, ...figures });
  return isKnown;
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

function stationState(hint: Hint): string | null {
  if (hint.is_online === false) return "offline";
  return text(hint.status) ?? (hint.is_online === true ? "online" : null);
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function isHint(payload: unknown): payload is Hint {
  return typeof payload === "object" && payload !== null && "id" in payload && "at" in payload && typeof payload.id === "string";
}
