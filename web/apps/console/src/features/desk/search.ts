import type { Ticket } from "@voltway/api";
import { searchText } from "../../shared/searchText.ts";

export const TICKET_STATES = ["open", "waiting", "solved", "all"] as const;
export const TICKET_PRIORITIES = ["urgent", "normal", "low"] as const satisfies Ticket["priority"][];
export const TICKET_KINDS = ["problem", "payment", "damage", "question", "other"] as const satisfies Ticket["kind"][];

/** Filters stand in the address; without a state the list shows what is not solved. `driver`: an account. */
export interface TicketSearch {
  state?: (typeof TICKET_STATES)[number] | undefined;
  priority?: Ticket["priority"] | undefined;
  text?: string | undefined;
  driver?: string | undefined;
}

export function readTicketSearch(raw: Record<string, unknown>): TicketSearch {
  return {
    state: TICKET_STATES.find((one) => one === raw.state),
    priority: TICKET_PRIORITIES.find((one) => one === raw.priority),
    text: searchText(raw.text),
    driver: searchText(raw.driver),
  };
}
