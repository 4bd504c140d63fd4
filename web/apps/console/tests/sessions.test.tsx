import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { uuid } from "../src/mocks/network.ts";
import { openConsole } from "./openConsole.tsx";

it("filters the list by state and token", async () => {
  const { user } = openConsole("/sessions?state=active");
  const table = await screen.findByRole("table", { name: "Sessions" });
  expect(within(table).getAllByRole("row")).toHaveLength(7);
  await user.type(screen.getByRole("textbox", { name: "ID token" }), "no such token");
  expect(await screen.findByText("Nothing matches")).toBeInTheDocument();
});

it("marks a session that needs a look", async () => {
  openConsole("/sessions");
  expect(await screen.findByRole("img", { name: "Clock offset large" })).toBeInTheDocument();
});

it("shows the cost line by line, and the sum that is paid", async () => {
  openConsole(`/sessions/${uuid("002", 0)}`);
  const table = await screen.findByRole("table", { name: "Cost so far" });
  expect(within(table).getByRole("row", { name: /Energy/ })).toHaveTextContent(/31\.48 kWh.*€0\.55.*€17\.31/);
  expect(within(table).getByRole("row", { name: /^VAT/ })).toHaveTextContent("€3.36");
  expect(within(table).getByRole("row", { name: /Total including VAT/ })).toHaveTextContent("€21.02");
});

it("stops a running session after a second thought", async () => {
  const { user, network } = openConsole(`/sessions/${uuid("002", 0)}`);
  await user.click(await screen.findByRole("button", { name: "Stop charging" }));
  const dialog = await screen.findByRole("dialog");
  expect(network.sessions[0]?.state).toBe("active");
  await user.click(within(dialog).getByRole("button", { name: "Stop charging" }));
  await waitFor(() => {
    expect(screen.getByRole("button", { name: /Stop charging/ })).toHaveAccessibleDescription("This session has ended.");
  });
  expect(network.sessions[0]?.stop_reason).toBe("Remote");
});

it("says that a session is not there instead of showing an empty page", async () => {
  openConsole("/sessions/00000000-0000-7000-8000-000000000000");
  expect(await screen.findByRole("alert")).toHaveTextContent("There is no such thing, or it is not yours.");
});
