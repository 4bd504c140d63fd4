import type { ChargingStationCreate } from "@voltway/api";
import type { TFunction } from "i18next";
import { IDENTITY } from "./identity.ts";

export interface StationRow {
  /** In the file, the heading is 1. */
  line: number;
  body: ChargingStationCreate;
  /** Why it cannot be added; null: nothing speaks against it here. */
  error: string | null;
}

const PROFILES = ["0", "1", "2", "3"];

/** An empty cell says nothing. */
function given(cell: string | undefined): string | null {
  return cell === undefined || cell === "" ? null : cell;
}

/** What the rows of a file are as stations. A location is named as people name it, or by its id. */
export function readStations(rows: Record<string, string>[], locations: { value: string; label: string }[], t: TFunction): StationRow[] {
  const seen = new Set<string>();
  return rows.map((row, index) => {
    const identity = row.identity ?? "";
    const profile = given(row.security_profile) ?? "1";
    const place = given(row.location);
    const location = place === null ? undefined : locations.find(({ value, label }) => value === place || label.toLowerCase() === place.toLowerCase());
    const isRepeated = seen.has(identity.toLowerCase());
    seen.add(identity.toLowerCase());
    const error = !IDENTITY.test(identity)
      ? t("stations.identityWrong")
      : isRepeated
        ? t("stationImport.repeated")
        : !PROFILES.includes(profile)
          ? t("stationImport.profileWrong")
          : place !== null && !location
            ? t("stationImport.locationUnknown", { location: place })
            : null;
    const body: ChargingStationCreate = {
      ...{ identity, location_id: location?.value ?? null, security_profile: Number(profile) },
      ...{ registration: "accepted", is_factory_password: false, evses: [] },
    };
    return { line: index + 2, body, error };
  });
}
