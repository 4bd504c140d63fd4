import { useQuery } from "@tanstack/react-query";
import { paths } from "../../app/paths.ts";
import { AnchorLink } from "../../shared/links.tsx";
import { stationByIdentityQuery } from "../stations/api.ts";

/** A station's identity, and the way to its page once its id is known. */
export function StationLink({ identity }: { identity: string }) {
  const { data: station } = useQuery(stationByIdentityQuery(identity));
  if (!station) return <>{identity}</>;
  return (
    <AnchorLink {...paths.station(station.id)}>
      {identity}
    </AnchorLink>
  );
}
