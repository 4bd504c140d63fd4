/** Short names for the schemas, so that a change of the generated names is a change of this file only. */
import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Assignment = Schemas["Assignment"];
export type CallOutcome = Schemas["CallOutcome"];
export type ChargingStation = Schemas["ChargingStation"];
export type ChargingStationCreate = Schemas["ChargingStationCreate"];
export type ChargingStationCreated = Schemas["ChargingStationCreated"];
export type ChargingStationUpdate = Schemas["ChargingStationUpdate"];
export type Command = Schemas["Command"];
export type CommandCreate = Schemas["CommandCreate"];
export type CommandState = Schemas["CommandState"];
export type Connector = Schemas["Connector"];
export type ConnectorStatus = Schemas["ConnectorStatus"];
export type CostLine = Schemas["CostLine"];
export type Evse = Schemas["Evse"];
export type IdToken = Schemas["IdToken"];
export type IdTokenCreate = Schemas["IdTokenCreate"];
export type IdTokenStatus = Schemas["IdTokenStatus"];
export type Location = Schemas["Location"];
export type LocationCreate = Schemas["LocationCreate"];
export type LoginRequest = Schemas["LoginRequest"];
export type LoginResponse = Schemas["LoginResponse"];
export type Money = Schemas["Money"];
export type OcppMessage = Schemas["OcppMessage"];
export type Overview = Schemas["Overview"];
export type Sample = Schemas["Sample"];
export type Session = Schemas["Session"];
export type SessionState = Schemas["SessionState"];
export type StatusCounts = Schemas["StatusCounts"];
export type Tariff = Schemas["Tariff"];
export type TariffCreate = Schemas["TariffCreate"];
export type Variable = Schemas["Variable"];

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
