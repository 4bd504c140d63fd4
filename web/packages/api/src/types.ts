/** Short names for the generated schemas, so that a change of their names is a change of this file only. */
import type { components, operations } from "./schema.d.ts";

type Schemas = components["schemas"];

export type Account = Schemas["AccountOut"];
export type Assignment = Schemas["TargetBody"];
export type CallOutcome = Schemas["CallOut"];
export type ChargingStation = Schemas["StationOut"];
export type ChargingStationCreate = Schemas["StationIn"];
export type ChargingStationCreated = Schemas["StationCreated"];
export type ChargingStationUpdate = Schemas["StationPatch"];
export type Command = Schemas["CommandOut"];
export type CommandCreate = operations["send_command"]["requestBody"]["content"]["application/json"];
export type CommandState = Schemas["CommandState"];
export type Connector = Schemas["ConnectorOut"];
export type ConnectorStatus = Schemas["ConnectorStatus"];
export type CostLine = Schemas["CostLineOut"];
export type Evse = Schemas["EvseOut"];
export type IdToken = Schemas["IdTokenOut"];
export type IdTokenCreate = Schemas["IdTokenIn"];
export type IdTokenStatus = IdToken["status"];
export type Location = Schemas["LocationOut"];
export type LocationCreate = Schemas["LocationIn"];
export type LoginRequest = Schemas["LogIn"];
export type LoginResponse = Schemas["LoggedIn"];
export type Money = Schemas["MoneyOut"];
export type OcppMessage = Schemas["MessageOut"];
export type Overview = Schemas["OverviewOut"];
export type Permission = Schemas["Permission"];
export type Sample = Schemas["SampleOut"];
export type Session = Schemas["SessionOut"];
export type SessionState = "pending" | "active" | "ended";
export type StatusCounts = Overview["connectors"];
export type Tariff = Schemas["TariffOut"];
export type TariffCreate = Schemas["TariffIn"];
export type Variable = Schemas["VariableOut"];

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
