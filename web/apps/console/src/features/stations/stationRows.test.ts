import type { TFunction } from "i18next";
import { expect, it } from "vitest";
import { readStations } from "./stationRows.ts";

const t = ((key: string) => key) as unknown as TFunction;
const HALL = { value: "l1", label: "Hall A" };
const errors = (...rows: Record<string, string>[]) => readStations(rows, [HALL], t).map(({ error }) => error);

it("takes a location by its name or its id, and says of a row what is wrong with it", () => {
  const [row] = readStations([{ identity: "CS-1", location: "hall a", security_profile: "2" }], [HALL], t);
  expect(row).toMatchObject({ line: 2, error: null, body: { identity: "CS-1", location_id: "l1", security_profile: 2 } });
  expect(errors({ identity: "" }, { identity: "a:b" })).toEqual(["stations.identityWrong", "stations.identityWrong"]);
  expect(errors({ identity: "A" }, { identity: "a" })).toEqual([null, "stationImport.repeated"]);
  expect(errors({ identity: "A", location: "Nowhere" })).toEqual(["stationImport.locationUnknown"]);
  expect(errors({ identity: "A", security_profile: "9" })).toEqual(["stationImport.profileWrong"]);
});
