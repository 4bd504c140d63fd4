import { queryOptions } from "@tanstack/react-query";
import { client, take, type TicketCreate, type TicketPatch } from "@voltway/api";
import i18next from "i18next";
import { listOf } from "../../shared/list.ts";
import { useChange } from "../../shared/useChange.ts";
import type { TicketSearch } from "./search.ts";

export const deskKeys = {
  tickets: ["tickets"] as const,
  found: ["found"] as const,
};

/** What the search box finds; nothing is asked for an empty text. */
export function foundQuery(text: string) {
  return queryOptions({
    queryKey: [...deskKeys.found, text],
    queryFn: ({ signal }) => take(client.GET("/api/v1/search", { params: { query: { text } }, signal })),
    enabled: text !== "",
  });
}

export interface TicketFilter extends TicketSearch {
  station_id?: string | undefined;
  session_id?: string | undefined;
}

export function ticketsQuery({ state, priority, text, driver, ...about }: TicketFilter) {
  const filter = state === undefined ? { is_open: true } : state === "all" ? {} : { state };
  return listOf([...deskKeys.tickets, "list", state, priority, text, driver, about], (page, signal) =>
    client.GET("/api/v1/tickets", { params: { query: { ...page, ...filter, ...about, priority, text, driver_id: driver } }, signal }),
  );
}

const ticket = (ticket_id: string) => ({ params: { path: { ticket_id } } });

export function ticketQuery(id: string) {
  return queryOptions({
    queryKey: [...deskKeys.tickets, id],
    queryFn: ({ signal }) => take(client.GET("/api/v1/tickets/{ticket_id}", { ...ticket(id), signal })),
    refetchInterval: 30_000,
  });
}

export function useAddTicket() {
  return useChange((body: TicketCreate) => take(client.POST("/api/v1/tickets", { body })), {
    stale: [deskKeys.tickets],
    done: () => i18next.t("tickets.opened"),
    showsProblem: true,
  });
}

/** Changes a ticket as it was read: whoever else has changed it meanwhile is not overwritten. */
export function usePatchTicket(id: string, version: number) {
  return useChange(
    (body: TicketPatch) => take(client.PATCH("/api/v1/tickets/{ticket_id}", { ...ticket(id), headers: { "If-Match": `"${version}"` }, body })),
    { stale: [deskKeys.tickets], done: () => i18next.t("tickets.saved"), showsProblem: true },
  );
}

export function useNoteTicket(id: string) {
  return useChange((text: string) => take(client.POST("/api/v1/tickets/{ticket_id}/notes", { ...ticket(id), body: { text } })), {
    stale: [deskKeys.tickets],
  });
}
