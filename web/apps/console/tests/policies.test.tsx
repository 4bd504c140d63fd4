import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { PROOF } from "../src/mocks/people.ts";
import { openConsole } from "./openConsole.tsx";

async function prove(user: ReturnType<typeof openConsole>["user"]) {
  const dialog = await screen.findByRole("dialog", { name: "Confirm that it is you" });
  await user.type(await within(dialog).findByLabelText("Password"), PROOF);
  await user.click(within(dialog).getByRole("button", { name: "Confirm" }));
}

it("removes a member once one has proved who one is, but never oneself", async () => {
  const { user } = openConsole("/staff");
  const row = await screen.findByRole("row", { name: /Ben Okafor/ });
  expect(within(screen.getByRole("row", { name: /Ada Berg/ })).getByRole("button", { name: /^Remove/ })).toHaveAttribute("aria-disabled", "true");
  expect(row).toHaveTextContent("None");
  await user.click(within(row).getByRole("button", { name: "Remove" }));
  const dialog = await screen.findByRole("dialog", { name: "Remove Ben Okafor?" });
  await user.click(within(dialog).getByRole("button", { name: "Remove for good" }));
  await prove(user);
  await waitFor(() => {
    expect(screen.queryByRole("row", { name: /Ben Okafor/ })).not.toBeInTheDocument();
  });
});

it("says who lacks a second factor before the policy is saved", async () => {
  const { user } = openConsole("/staff?tab=policy");
  const save = await screen.findByRole("button", { name: /^Save/ });
  expect(save).toHaveAccessibleDescription("Nothing has changed");
  await user.click(screen.getByRole("checkbox", { name: "Operations" }));
  expect(await screen.findByText("1 person has no second factor yet and 14 days to set one up")).toBeInTheDocument();
  expect(screen.getByText("Ben Okafor (ben@voltway.example)")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: /^Save/ }));
  await prove(user);
  expect(await screen.findByText(/In force since/)).toBeInTheDocument();
});

it("adds a notification policy, and says what is missing", async () => {
  const { user } = openConsole("/notification-policies");
  const [add] = await screen.findAllByRole("button", { name: "Add a policy" });
  if (!add) throw new Error("There is a button.");
  await user.click(add);
  const dialog = await screen.findByRole("dialog");
  await user.type(within(dialog).getByLabelText(/^Name/), "Nights");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await within(dialog).findByText("Name an address or a webhook")).toBeInTheDocument();
  await user.type(within(dialog).getByRole("combobox", { name: "E-mail addresses" }), "ops@example.org{Enter}");
  await user.type(within(dialog).getByLabelText("Quiet from"), "22:00");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await within(dialog).findByText("Quiet hours have a start and an end")).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText("Quiet until"), "06:00");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  const row = await screen.findByRole("row", { name: /Nights/ });
  expect(row).toHaveTextContent("ops@example.org");
  expect(row).toHaveTextContent("22:00–06:00");
});
