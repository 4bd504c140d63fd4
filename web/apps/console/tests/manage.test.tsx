import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { openConsole } from "./openConsole.tsx";

it("adds a tariff, taking a comma for a point", async () => {
  const { user, network } = openConsole("/tariffs");
  await user.click(await screen.findByRole("button", { name: "Add tariff" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText(/Name/), "Night");
  await user.type(within(dialog).getByLabelText(/Per kWh/), "0,3925");
  await user.click(within(dialog).getByRole("button", { name: "Add tariff" }));
  const row = await screen.findByRole("row", { name: /Night/ });
  expect(row).toHaveTextContent("€0.3925");
  expect(row).toHaveTextContent("Nowhere yet");
  expect(network.tariffs[0]).toMatchObject({ price_per_kwh: "0.3925", start_fee: "0", currency: "EUR" });
});

it("refuses a price that is no number before it asks the server", async () => {
  const { user, network } = openConsole("/tariffs");
  const before = network.tariffs.length;
  await user.click(await screen.findByRole("button", { name: "Add tariff" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText(/Name/), "Odd");
  await user.type(within(dialog).getByLabelText(/Per kWh/), "cheap");
  await user.click(within(dialog).getByRole("button", { name: "Add tariff" }));
  expect(await within(dialog).findByText("A number such as 0.49")).toBeInTheDocument();
  expect(network.tariffs).toHaveLength(before);
});

it("assigns a tariff to the whole network and keeps its locations", async () => {
  const { user, network } = openConsole("/tariffs");
  const row = await screen.findByRole("row", { name: /Rasthof/ });
  await user.click(within(row).getByRole("button", { name: "Assign" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("switch", { name: "The whole network" }));
  await user.click(within(dialog).getByRole("button", { name: "Assign" }));
  expect(await screen.findByText(/is assigned. It applies/)).toBeInTheDocument();
  expect(network.tariffs.find(({ name }) => name === "Rasthof")?.targets.map(({ kind }) => kind)).toEqual(["operator", "location"]);
});

it("blocks a token and lets it charge again", async () => {
  const { user, network } = openConsole("/id-tokens");
  const first = network.idTokens[0];
  const row = await screen.findByRole("row", { name: new RegExp(first?.value ?? "") });
  await user.click(within(row).getByRole("button", { name: "Block" }));
  expect(await within(row).findByText("Blocked")).toBeInTheDocument();
  await user.click(await within(row).findByRole("button", { name: "Unblock" }));
  expect(await within(row).findByText("Accepted")).toBeInTheDocument();
});

it("adds a token without limits unless they are set", async () => {
  const { user, network } = openConsole("/id-tokens");
  await user.click(await screen.findByRole("button", { name: "Add token" }));
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText(/Value/), "DEADBEEF");
  await user.click(within(dialog).getByRole("button", { name: "Add token" }));
  expect(await screen.findByRole("row", { name: /DEADBEEF/ })).toHaveTextContent("No limit");
  expect(network.idTokens[0]).toMatchObject({ value: "DEADBEEF", kind: null, concurrent_max: null, expires_at: null });
});
