/** What a station of the mock network has said: its messages and its settings. */
import type { ChargingStation, OcppMessage, Variable } from "@voltway/api";
import { ago } from "./ago.ts";

const UNNAMED = {
  ...{ component_instance: null, evse_number: null, connector_number: null, instance: null, can_be_monitored: null, value_max: null, value_min: null },
  ...{ attribute: "Actual", data_type: null, unit: null, values: null },
};

export function someMessages(): OcppMessage[] {
  const pairs: [action: string, call: unknown, result: unknown][] = [
    ["MeterValues", { connectorId: 1, transactionId: 481516234, meterValue: [{ timestamp: ago(8), sampledValue: [{ value: "1491940", measurand: "Energy.Active.Import.Register", unit: "Wh" }, { value: "43210.5", measurand: "Power.Active.Import", unit: "W" }] }] }, {}],
    ["Heartbeat", {}, { currentTime: ago(40) }],
    ["StatusNotification", { connectorId: 1, errorCode: "NoError", status: "Charging", timestamp: ago(90) }, {}],
    ["StartTransaction", { connectorId: 1, idTag: "04A35F2C81", meterStart: 1482300, timestamp: ago(1500) }, { idTagInfo: { status: "Accepted" }, transactionId: 481516234 }],
    ["Authorize", { idTag: "04A35F2C81" }, { idTagInfo: { status: "Accepted" } }],
    ["BootNotification", { chargePointModel: "W22 Duo", chargePointVendor: "Wallquelle", firmwareVersion: "3.4.1" }, { currentTime: ago(7300), interval: 300, status: "Accepted" }],
  ];
  return pairs.flatMap(([action, call, result], index): OcppMessage[] => {
    const at = ago(9 + index * 34);
    const message_id = `m-${4_100 - index}`;
    return [
      { id: `${message_id}-out`, at, direction: "out", kind: "result", message_id, action, payload: result },
      { id: `${message_id}-in`, at, direction: "in", kind: "call", message_id, action, payload: call },
    ];
  });
}

export function someVariables(station: ChargingStation): Variable[] {
  const entries: [component: string, variable: string, value: string, isReadonly: boolean][] = [
    ["OCPPCommCtrlr", "HeartbeatInterval", "300", false],
    ["OCPPCommCtrlr", "WebSocketPingInterval", "30", false],
    ["SampledDataCtrlr", "TxUpdatedInterval", "30", false],
    ["AuthCtrlr", "AuthorizeRemoteStart", "true", false],
    ["SecurityCtrlr", "SecurityProfile", String(station.security_profile), true],
    ["LocalAuthListCtrlr", "Entries", "0", true],
  ];
  return entries.map(([component, variable, value, is_readonly]) => ({
    ...UNNAMED,
    key: station.protocol === "ocpp1.6" ? variable : null,
    component: station.protocol === "ocpp1.6" ? null : component,
    ...{ variable, value, is_readonly, updated_at: ago(3_600) },
  }));
}
