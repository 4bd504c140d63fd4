import { queryOptions } from "@tanstack/react-query";
import { client, take, type ChargingStation, type StationCode } from "@voltway/api";
import { allStations } from "../stations/api.ts";

export interface Label {
  key: string;
  station: string;
  evseNumber: number;
  /** As it is printed: letters and digits in fours. */
  code: string;
  address: string;
  /** Whether the address is the one that this page happens to have, as the installation does not say its own. */
  isGuess: boolean;
  /** Whom drivers at the location call. */
  helpPhone: string | null;
}

/** What the labels are of: a station, or all of a location. */
export interface CodesSearch {
  station?: string | undefined;
  location?: string | undefined;
}

export function labelsQuery({ station, location }: CodesSearch) {
  return queryOptions({
    queryKey: ["codes", station, location],
    queryFn: async ({ signal }) => {
      const stations =
        station !== undefined
          ? [await take(client.GET("/api/v1/charging-stations/{station_id}", { params: { path: { station_id: station } }, signal }))]
          : location !== undefined
            ? await allStations({ location, sort: "identity" })
            : [];
      const query = location === undefined ? { station_id: stations.map(({ id }) => id) } : { location_id: location };
      const { items } = await take(client.GET("/api/v1/public-codes", { params: { query }, signal }));
      const codes = new Map(items.map((one) => [one.station_id, one]));
      return { stations, labels: stations.flatMap((one) => labelsOf(one, codes.get(one.id))) };
    },
  });
}

function labelsOf(station: ChargingStation, found: StationCode | undefined): Label[] {
  if (!found) return [];
  const { code, address, help_phone } = found;
  return station.evses.map(({ evse_number }) => ({
    key: `${station.id}-${evse_number}`,
    station: station.identity,
    evseNumber: evse_number,
    code: `${code.slice(0, 4)}-${code.slice(4)}-${evse_number}`,
    address: `${address ?? `${window.location.origin}/c/${code}`}-${evse_number}`,
    isGuess: address === null,
    helpPhone: help_phone,
  }));
}
