import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { groupsQuery } from "./api.ts";
import { useAllLocations } from "./useAllLocations.ts";

interface Places {
  location_ids?: string[] | null;
  location_group_ids?: string[] | null;
}

/** Where somebody may act: everywhere, or the names of groups and locations. */
export function PlacesText({ grant }: { grant: Places }) {
  const { t } = useTranslation();
  const { data: groups } = useQuery(groupsQuery);
  const locations = useAllLocations();
  const ids = [...(grant.location_group_ids ?? []), ...(grant.location_ids ?? [])];
  if (!grant.location_ids && !grant.location_group_ids) return t("staff.everywhere");
  const names = new Map([...(groups ?? []), ...locations].map(({ id, name }) => [id, name]));
  return ids.map((id) => names.get(id) ?? id.slice(0, 8)).join(", ") || t("staff.nowhere");
}
