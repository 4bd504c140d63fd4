import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { openConsole } from "./openConsole.tsx";

it("adds a fleet, and says what is missing", async () => {
  const { user } = openConsole("/fleets");
  const row = await screen.findByRole("row", { name: /Parcels North/ });
  expect(row).toHaveTextContent("42.00 kWh of 100.0 kWh · this month");
  await user.click(screen.getByRole("button", { name: "Add a fleet" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Add a fleet" }));
  expect(await within(dialog).findByText("Enter a name")).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText(/^Name/), "Taxis");
  await user.click(within(dialog).getByRole("button", { name: "Add a fleet" }));
  expect(await screen.findByRole("row", { name: /Taxis.*No limit/ })).toBeInTheDocument();
});

it("keeps a vehicle that a member is assigned to, and a fleet that is not empty", async () => {
  const { user } = openConsole("/fleets");
  await user.click(await screen.findByRole("link", { name: "Parcels North" }));
  expect(await screen.findByText("of the vehicle")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: /^Delete/ })).toHaveAccessibleDescription("It still has members or vehicles.");
  await user.click(screen.getByRole("tab", { name: "Vehicles" }));
  const van = await screen.findByRole("row", { name: /HH-VW 1/ });
  expect(within(van).getByRole("button", { name: /^Remove/ })).toHaveAccessibleDescription("A member is assigned to it.");
  await user.click(screen.getByRole("tab", { name: "Members" }));
  await user.click(await screen.findByRole("button", { name: "Remove" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Remove" }));
  expect(await screen.findByText("No members yet")).toBeInTheDocument();
});

it("changes one limit and leaves the others", async () => {
  const { user } = openConsole("/fleets");
  await user.click(await screen.findByRole("link", { name: "Parcels North" }));
  await user.click(await screen.findByRole("tab", { name: "Limits" }));
  await user.click(await screen.findByRole("button", { name: "Add a limit" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByText("Money"));
  await user.type(within(dialog).getByLabelText(/^At most/), "20");
  await user.click(within(dialog).getByRole("button", { name: "Add a limit" }));
  await waitFor(() => {
    expect(screen.getAllByRole("row")).toHaveLength(3);
  });
  expect(screen.getByText(/€21.00 of €20.00 · this month · used up/)).toBeInTheDocument();
  await user.click(screen.getByRole("tab", { name: "Statements" }));
  expect(await screen.findByRole("row", { name: /4711 HH-VW 1 3 42.00\skWh €17.65 €21.00/ })).toBeInTheDocument();
});
