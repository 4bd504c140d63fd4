// A charging station made of an npm package, for one whole session:
//   node station.cjs ocpp-rpc|ocpp-ts ws://host:port/ocpp identity protocol password token
// It boots, is plugged in, charges and says `charging <transaction id>`; it stops when the platform asks for that, and says
// `done`. Anything that its package does not like ends it with exit code 1, and the reason on the standard error stream.
"use strict";

const [library, url, identity, protocol, password, token] = process.argv.slice(2);
const is16 = protocol === "ocpp1.6";
const basic = "Basic " + Buffer.from(`${identity}:${password}`).toString("base64");
const PATIENCE_MS = 30_000;

const fail = (why) => {
  process.stderr.write(`${why && why.stack ? why.stack : JSON.stringify(why)}\n`);
  process.exit(1);
};
process.on("unhandledRejection", fail);
setTimeout(() => fail("not done in time"), PATIENCE_MS).unref();

const now = () => new Date().toISOString();
const same = (what, found, wanted) => {
  if (found !== wanted) fail(`${what} is ${found}, expected ${wanted}`);
};

// What both packages give: call(action, payload), and onCall(action, answer) for what the platform asks.
// ocpp-rpc 2.2.1 looks for `urn:Action.req` and ships the schemas of 2.1 as `urn:ActionRequest`: the same schemas, renamed.
function validators21(createValidator) {
  const schemas = require("ocpp-rpc/lib/schemas/ocpp2_1.json");
  const renamed = (id) => id.replace(/Request$/, ".req").replace(/Response$/, ".conf");
  return [createValidator("ocpp2.1", schemas.map((schema) => ({ ...schema, $id: renamed(schema.$id) })))];
}

async function openRpc() {
  const { RPCClient, createRPCError, createValidator } = require("ocpp-rpc");
  const client = new RPCClient({
    endpoint: url,
    identity,
    password,
    protocols: [protocol],
    strictMode: [protocol],
    strictModeValidators: protocol === "ocpp2.1" ? validators21(createValidator) : [],
    reconnect: false,
  });
  client.on("strictValidationFailure", (event) => fail(event.error || event));
  client.on("badMessage", (event) => fail(event.error || event));
  client.handle(() => {
    throw createRPCError("NotImplemented");
  });
  const onCall = (action, answer) => client.handle(action, ({ params }) => answer(params));
  return { onCall, connect: () => client.connect(), call: (action, payload) => client.call(action, payload), close: () => client.close() };
}

async function openTs() {
  const { OcppClient } = require("ocpp-ts");
  const client = new OcppClient(identity);
  client.on("error", fail);
  const onCall = (action, answer) => client.on(action, (request, reply) => reply(answer(request)));
  const connect = () =>
    new Promise((resolve) => {
      client.on("connect", resolve);
      client.connect(`${url}/`, { Authorization: basic });
    });
  return { onCall, connect, call: (action, payload) => client.callRequest(action, payload), close: () => process.exit(0) };
}

async function charge16(station) {
  same("boot", (await station.call("BootNotification", { chargePointVendor: "npm", chargePointModel: library })).status, "Accepted");
  const status = (word) =>
    station.call("StatusNotification", { connectorId: 1, errorCode: "NoError", status: word, timestamp: now() });
  await status("Preparing");
  same("authorize", (await station.call("Authorize", { idTag: token })).idTagInfo.status, "Accepted");
  same("stranger", (await station.call("Authorize", { idTag: "NOBODY" })).idTagInfo.status, "Invalid");
  const started = await station.call("StartTransaction", { connectorId: 1, idTag: token, meterStart: 1000, timestamp: now() });
  same("start", started.idTagInfo.status, "Accepted");
  const transactionId = started.transactionId;
  await status("Charging");
  await station.call("MeterValues", {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: now(), sampledValue: [{ value: "2500", unit: "Wh", measurand: "Energy.Active.Import.Register" }] }],
  });
  await station.call("Heartbeat", {});
  return {
    transactionId,
    stop: async () => {
      await station.call("StopTransaction", { transactionId, meterStop: 4500, timestamp: now(), reason: "Remote", idTag: token });
      await status("Available");
    },
  };
}

async function charge2(station) {
  const booted = await station.call("BootNotification", { reason: "PowerUp", chargingStation: { vendorName: "npm", model: library } });
  same("boot", booted.status, "Accepted");
  const status = (word) => station.call("StatusNotification", { timestamp: now(), connectorStatus: word, evseId: 1, connectorId: 1 });
  const idToken = { idToken: token, type: "ISO14443" };
  const transactionId = `tx-${identity}`;
  let seqNo = 0;
  const event = (eventType, triggerReason, wh, rest, more) =>
    station.call("TransactionEvent", {
      eventType,
      timestamp: now(),
      triggerReason,
      seqNo: seqNo++,
      transactionInfo: { transactionId, ...rest },
      evse: { id: 1, connectorId: 1 },
      meterValue: [{ timestamp: now(), sampledValue: [{ value: wh, context: "Sample.Periodic", measurand: "Energy.Active.Import.Register" }] }],
      ...more,
    });
  await status("Occupied");
  same("authorize", (await station.call("Authorize", { idToken })).idTokenInfo.status, "Accepted");
  const started = await event("Started", "Authorized", 1000, { chargingState: "Charging" }, { idToken });
  same("start", started.idTokenInfo.status, "Accepted");
  await event("Updated", "MeterValuePeriodic", 2500, { chargingState: "Charging" });
  await station.call("Heartbeat", {});
  return {
    transactionId,
    stop: async () => {
      await event("Ended", "RemoteStop", 4500, { chargingState: "EVConnected", stoppedReason: "Remote" });
      await status("Available");
    },
  };
}

async function main() {
  const station = library === "ocpp-rpc" ? await openRpc() : await openTs();
  let askedToStop;
  const stopAsked = new Promise((resolve) => (askedToStop = resolve));
  station.onCall("GetConfiguration", () => ({ configurationKey: [] }));
  station.onCall("GetBaseReport", () => ({ status: "NotSupported" }));
  station.onCall(is16 ? "RemoteStopTransaction" : "RequestStopTransaction", (request) => {
    setImmediate(askedToStop, String(request.transactionId));
    return { status: "Accepted" };
  });
  await station.connect();
  const charging = is16 ? await charge16(station) : await charge2(station);
  process.stdout.write(`charging ${charging.transactionId}\n`);
  same("the transaction to stop", await stopAsked, String(charging.transactionId));
  await charging.stop();
  process.stdout.write("done\n");
  await station.close();
}

main().then(() => process.exit(0), fail);
