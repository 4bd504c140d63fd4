import { useQuery } from "@tanstack/react-query";
import { locationChoicesQuery } from "../locations/api.ts";

/** The locations for a choice. */
export function useAllLocations() {
  return useQuery(locationChoicesQuery).data?.items ?? [];
}
