import type { TFunction } from "i18next";

/** OCPP 2.1 part 2, ConnectorEnumStringType: the kinds that people have a name for. */
export const PLUGS = [
  ...(["cCCS1", "cCCS2", "cG105", "cGBT-DC", "cMCS", "cNACS", "cTesla", "cType1", "cType2"] as const),
  ...(["sType2", "sType3", "sCEE-7-7"] as const),
];

/** A kind of plug or socket as people call it; one that we have no name for stays in the station's word. */
export function plugName(t: TFunction, type: string): string {
  const named = PLUGS.find((one) => one === type);
  return named ? t(`stations.plug.${named}`) : type;
}
