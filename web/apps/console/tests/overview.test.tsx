import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { setLanguage } from "../src/app/i18n.ts";
import { openConsole } from "./openConsole.tsx";
import { server } from "./server.ts";

it("shows the network at a glance", async () => {
  openConsole("/");
  const tile = await screen.findByRole("group", { name: "Stations online" });
  await waitFor(() => {
    expect(tile).toHaveTextContent("12 of 13");
  });
  expect(tile).toHaveTextContent("1 connector faulted");
  expect(screen.getByRole("group", { name: "Power now" })).toHaveTextContent("267.1 kW");
});

it("lets a running session grow as the live feed tells it, without asking again", async () => {
  const { network, send } = openConsole("/");
  const table = await screen.findByRole("table", { name: "Active sessions" });
  expect(within(table).getByRole("row", { name: /HAM-01/ })).toHaveTextContent("31.48 kWh");
  const session = network.sessions[0];
  send("session.changed", { id: session?.id, at: new Date().toISOString(), state: "active", energy_wh: 33_000, power_w: 90_000 });
  await waitFor(() => {
    expect(within(table).getByRole("row", { name: /HAM-01/ })).toHaveTextContent("33.00 kWh");
  });
  expect(within(table).getByRole("row", { name: /HAM-01/ })).toHaveTextContent("90.0 kW");
});

it("reports what happens in the activity feed", async () => {
  const { network, send } = openConsole("/");
  await screen.findByRole("table", { name: "Active sessions" });
  const at = new Date().toISOString();
  const station = network.stations[1];
  send("station.changed", { id: station?.id, at, station_identity: station?.identity, what: "offline" });
  send("command.changed", { id: "c1", at, station_id: station?.id, station_identity: "LEJ-02", type: "reset", state: "rejected" });
  expect(await screen.findByText("went offline")).toBeInTheDocument();
  expect(screen.getByText("Restart station: Rejected")).toBeInTheDocument();
});

it("takes no running session for one that has just started", async () => {
  const { network, send } = openConsole("/");
  await screen.findByRole("table", { name: "Active sessions" });
  const session = network.sessions[0];
  const hint = { id: session?.id, at: new Date().toISOString(), station_identity: "HAM-01", state: "active", energy_wh: 33_000 };
  const started = (await screen.findAllByText("started charging")).length;
  send("session.changed", hint);
  await screen.findByText("33.00 kWh");
  expect(screen.getAllByText("started charging")).toHaveLength(started);
  send("session.changed", { ...hint, id: "a new one", what: "started" });
  await waitFor(() => {
    expect(screen.getAllByText("started charging")).toHaveLength(started + 1);
  });
});

it("says that the picture is old when the live feed is lost", async () => {
  const { breakLine } = openConsole("/");
  await screen.findByRole("table", { name: "Active sessions" });
  breakLine();
  expect(await screen.findByRole("alert", undefined, { timeout: 5_000 })).toHaveTextContent("Live updates are interrupted");
});

it("offers to try again when the figures cannot be loaded, and recovers", async () => {
  let isDown = true;
  const { user } = openConsole("/");
  server.use(
    http.get("*/api/v1/overview", () =>
      isDown ? HttpResponse.json({ title: "Broken", detail: "The figures are being rebuilt.", status: 500 }, { status: 500 }) : undefined,
    ),
  );
  const [retry] = await screen.findAllByRole("button", { name: "Try again" });
  expect(screen.getAllByText("The figures are being rebuilt.")).not.toHaveLength(0);
  isDown = false;
  if (retry) await user.click(retry);
  expect(await screen.findByText("Connectors")).toBeInTheDocument();
});

it("speaks German, with German numbers", async () => {
  await setLanguage("de");
  try {
    openConsole("/");
    expect(await screen.findByRole("heading", { name: "Übersicht" })).toBeInTheDocument();
    const table = await screen.findByRole("table", { name: "Aktive Ladungen" });
    expect(within(table).getByRole("row", { name: /HAM-01/ })).toHaveTextContent("31,48 kWh");
  } finally {
    await setLanguage("en");
  }
});

it("says so where the browser cannot draw a map, and shows the way to the list", async () => {
  openConsole("/"); // jsdom has no WebGL
  expect(await screen.findByText(/This browser cannot draw the map/)).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "List of stations" })).toHaveAttribute("href", "/stations");
});
