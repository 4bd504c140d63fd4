import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take, type Sample, type SessionReview, type SessionState } from "@voltway/api";
import { wireTime } from "@voltway/format";
import i18next from "i18next";
import { byCursor } from "../../shared/pages.ts";
import { useChange } from "../../shared/useChange.ts";
import { PERIODS, type Period, type SessionSort } from "./search.ts";

const PAGE = 50;
/** How long the page waits for the station's word. */
const STOP_WAIT_S = 15;
const SAMPLES_PAGE = 500;
/** More points than this no screen can show. */
const SAMPLES_MAX = 5_000;

export interface SessionFilter {
  state?: SessionState | undefined;
  /** How far back; counted from the moment of asking. */
  period?: Period | undefined;
  station_id?: string | undefined;
  station_identity?: string | undefined;
  id_token?: string | undefined;
  /** An account; wants that tokens may be read. */
  driver_id?: string | undefined;
  awaits_review?: true | undefined;
  sort?: SessionSort | undefined;
}

export const sessionKeys = {
  all: ["sessions"] as const,
  lists: ["sessions", "list"] as const,
  detail: (id: string) => ["sessions", "detail", id] as const,
  samples: (id: string) => ["sessions", "samples", id] as const,
};

/** One page of the list, for who wants all of it. */
export function getSessions({ period, ...filter }: SessionFilter, cursor: string | undefined) {
  const since = period && wireTime(Date.now(), PERIODS[period]);
  return take(client.GET("/api/v1/sessions", { params: { query: { ...filter, since, limit: SAMPLES_PAGE, cursor } } }));
}

export function sessionsQuery({ period, ...filter }: SessionFilter, limit = PAGE) {
  return infiniteQueryOptions({
    queryKey: [...sessionKeys.lists, { ...filter, period, limit }],
    queryFn: ({ pageParam, signal }) => {
      const since = period && wireTime(Date.now(), PERIODS[period]);
      return take(client.GET("/api/v1/sessions", { params: { query: { ...filter, since, limit, cursor: pageParam } }, signal }));
    },
    ...byCursor,
  });
}

export function sessionQuery(id: string) {
  return queryOptions({
    queryKey: sessionKeys.detail(id),
    queryFn: ({ signal }) => take(client.GET("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } }, signal })),
  });
}

/** Whose a session is; nobody's to whoever may not read tokens. */
export function sessionDriverQuery(id: string) {
  return queryOptions({
    queryKey: [...sessionKeys.detail(id), "driver"],
    queryFn: ({ signal }) => take(client.GET("/api/v1/sessions/{session_id}/driver", { params: { path: { session_id: id } }, signal })),
    staleTime: Infinity,
  });
}

/** Every sample of a session in order of time. */
export function samplesQuery(id: string) {
  return queryOptions({
    queryKey: sessionKeys.samples(id),
    queryFn: async ({ signal }) => {
      const samples: Sample[] = [];
      let cursor: string | undefined;
      do {
        const query = { limit: SAMPLES_PAGE, cursor };
        const page = await take(client.GET("/api/v1/sessions/{session_id}/samples", { params: { path: { session_id: id }, query }, signal }));
        samples.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined && samples.length < SAMPLES_MAX);
      return samples.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
    },
  });
}

/** Says what becomes of a session that waits for a decision. */
export function useReviewSession(id: string) {
  return useChange(
    (body: SessionReview) => take(client.POST("/api/v1/sessions/{session_id}/review", { params: { path: { session_id: id } }, body })),
    { stale: [sessionKeys.all], done: (_, { is_billed: isBilled }) => i18next.t(isBilled ? "sessions.billed" : "sessions.notBilled"), showsProblem: true },
  );
}

export function useStopSession(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => take(client.POST("/api/v1/sessions/{session_id}/stop", { params: { path: { session_id: id }, query: { wait_s: STOP_WAIT_S } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionKeys.all }),
  });
}
