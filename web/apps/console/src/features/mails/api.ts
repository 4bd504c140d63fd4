import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take, type Mail, type MailState } from "@voltway/api";
import { byCursor } from "../../shared/pages.ts";

const PAGE = 50;
/** A mail leaves within seconds of its reason: whoever looks waits for it. */
const REFETCH_MS = 5_000;

export const mailKeys = { all: ["mails"] as const };

export function mailsQuery(state: MailState | null) {
  return infiniteQueryOptions({
    queryKey: [...mailKeys.all, "list", state],
    queryFn: ({ pageParam, signal }) =>
      take(
        client.GET("/api/v1/mails", {
          params: { query: { limit: PAGE, cursor: pageParam, state: state ?? undefined } },
          signal,
        }),
      ),
    refetchInterval: REFETCH_MS,
    ...byCursor,
  });
}

export function mailQuery(id: string) {
  return queryOptions({
    queryKey: [...mailKeys.all, "one", id],
    queryFn: ({ signal }) => take(client.GET("/api/v1/mails/{mail_id}", { params: { path: { mail_id: id } }, signal })),
  });
}

export function useRetryMail() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Pick<Mail, "id">) =>
      take(client.POST("/api/v1/mails/{mail_id}/retry", { params: { path: { mail_id: id } } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: mailKeys.all }),
  });
}
