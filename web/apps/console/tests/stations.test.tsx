import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { createNetwork } from "../src/mocks/network.ts";
import { openConsole } from "./openConsole.tsx";

it("narrows the list by the filters, and keeps them in the address", async () => {
  const { user, history } = openConsole("/stations");
  const table = await screen.findByRole("table", { name: "Stations" });
  expect(within(table).getAllByRole("row")).toHaveLength(14);
  await user.click(screen.getByRole("radio", { name: "Offline" }));
  await waitFor(() => {
    expect(screen.getAllByRole("row")).toHaveLength(2);
  });
  expect(screen.getByRole("row", { name: /LEJ-08/ })).toHaveTextContent("Offline");
  expect(history.location.search).toContain("online=false");
});

it("tells each connector's state in words and warns of a station without security", async () => {
  openConsole("/stations");
  const row = await screen.findByRole("row", { name: /HAM-04/ });
  expect(within(row).getByRole("img", { name: "EVSE 2, connector 1: Faulted" })).toBeInTheDocument();
  expect(within(screen.getByRole("row", { name: /HAM-10/ })).getByRole("img", { name: "No security" })).toBeInTheDocument();
});

it("admits a station that waits", async () => {
  const { user, network } = openConsole("/stations");
  const row = await screen.findByRole("row", { name: /CP-7731/ });
  await user.click(within(row).getByRole("button", { name: "Accept" }));
  expect(await screen.findByText("CP-7731 is accepted and may charge.")).toBeInTheDocument();
  expect(network.stations.find(({ identity }) => identity === "CP-7731")?.registration).toBe("accepted");
});

it("adds a station and shows its password once", async () => {
  const { user } = openConsole("/stations");
  await user.click(await screen.findByRole("button", { name: "Add station" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText(/Identity/), "HAM-99");
  await user.click(within(dialog).getByRole("button", { name: "Add station" }));
  expect(await screen.findByText("k7Vw-9tQe-32Rm-xLpA")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Done, I have kept it" }));
  await waitFor(() => {
    expect(screen.queryByText("k7Vw-9tQe-32Rm-xLpA")).not.toBeInTheDocument();
  });
  expect(await screen.findByRole("row", { name: /HAM-99/ })).toBeInTheDocument();
});

it("shows the server's reason when an identity is taken", async () => {
  const { user } = openConsole("/stations");
  await user.click(await screen.findByRole("button", { name: "Add station" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText(/Identity/), "ham-01");
  await user.click(within(dialog).getByRole("button", { name: "Add station" }));
  expect(await within(dialog).findByRole("alert")).toHaveTextContent("A station with the identity ham-01 exists already.");
});

it("finds a station from anywhere with the slash key", async () => {
  const { user, history, network } = openConsole("/tariffs");
  await screen.findByRole("table", { name: "Tariffs" });
  await user.keyboard("/");
  await user.keyboard("elm-09");
  await user.click(await screen.findByRole("option", { name: /ELM-09/ }));
  const station = network.stations.find(({ identity }) => identity === "ELM-09");
  await waitFor(() => {
    expect(history.location.pathname).toBe(`/stations/${station?.id ?? ""}`);
  });
});

it("says so when there is no station yet", async () => {
  openConsole("/stations", { network: { ...createNetwork(), stations: [] } });
  expect(await screen.findByText("No stations yet")).toBeInTheDocument();
});
