import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { INVITATION_CODE, PROOF } from "../src/mocks/people.ts";
import { openConsole } from "./openConsole.tsx";

async function choosePassword(user: ReturnType<typeof openConsole>["user"], password: string, again = password) {
  await user.type(await screen.findByLabelText("New password"), password);
  await user.type(screen.getByLabelText("The same again"), again);
}

it("asks for a link, and says the same of every address", async () => {
  const { user } = openConsole("/forgot-password", { isLoggedIn: false });
  await user.type(await screen.findByLabelText("E-mail"), "who@example.org");
  await user.click(screen.getByRole("button", { name: "Send the link" }));
  expect(await screen.findByText(/If who@example.org has an account/)).toBeInTheDocument();
});

it("sets a new password with the link of a mail, whose secret leaves the address", async () => {
  const { user, history } = openConsole("/reset-password#good", { isLoggedIn: false });
  await choosePassword(user, "a long sentence", "another one");
  await user.click(screen.getByRole("button", { name: "Set password" }));
  expect(await screen.findByText("This differs from the password above")).toBeInTheDocument();
  await user.clear(screen.getByLabelText("The same again"));
  await user.type(screen.getByLabelText("The same again"), "a long sentence");
  await user.click(screen.getByRole("button", { name: "Set password" }));
  expect(await screen.findByText("Your password is set")).toBeInTheDocument();
  expect(history.location.hash).toBe("");
});

it("says that a link is used up, and keeps what was typed", async () => {
  const { user } = openConsole("/reset-password#old", { isLoggedIn: false });
  await choosePassword(user, "a long sentence");
  await user.click(screen.getByRole("button", { name: "Set password" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("This link has been used, or is too old.");
  expect(screen.getByLabelText("New password")).toHaveValue("a long sentence");
});

it("without a link's secret the mail's address asks for a link", async () => {
  openConsole("/reset-password", { isLoggedIn: false });
  expect(await screen.findByRole("button", { name: "Send the link" })).toBeInTheDocument();
});

it("refuses an invitation that is over", async () => {
  const { user } = openConsole("/invitation#code=old", { isLoggedIn: false });
  await user.type(await screen.findByLabelText("Name"), "Ada");
  await choosePassword(user, "a long sentence");
  await user.click(screen.getByRole("button", { name: "Accept and log in" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("There is no such invitation");
});

it("who is logged in accepts with that account, by name", async () => {
  openConsole(`/invitation#code=${INVITATION_CODE}`);
  expect(await screen.findByText(/You are logged in as admin@voltway.example/)).toBeInTheDocument();
});

it("offers the provider and comes back to the page that was wanted", async () => {
  openConsole("/login?next=%2Ftariffs", { isLoggedIn: false });
  const link = await screen.findByRole("link", { name: "Continue with House account" });
  expect(link).toHaveAttribute("href", "/api/v1/oidc/house/start?return_to=%2Ftariffs");
});

it("asks again who one is, says that a proof is wrong, and then sends the request once more with the new token", async () => {
  const { user } = openConsole("/machines");
  await user.click(await screen.findByRole("button", { name: "Add API key" }));
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "Billing");
  await user.click(screen.getByRole("button", { name: "Create" }));
  const dialog = await screen.findByRole("dialog", { name: "Confirm that it is you" });
  await user.type(await within(dialog).findByLabelText("Password"), "wrong");
  await user.click(within(dialog).getByRole("button", { name: "Confirm" }));
  expect(await within(dialog).findByRole("alert")).toHaveTextContent("This does not prove who you are");
  await user.clear(within(dialog).getByLabelText("Password"));
  await user.type(within(dialog).getByLabelText("Password"), PROOF);
  await user.click(within(dialog).getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText("vw_live_ab_whole")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "I have kept it" }));
  expect(await screen.findByRole("cell", { name: "Billing" })).toBeInTheDocument();
  expect(screen.queryByText("vw_live_ab_whole")).toBeNull();
});

it("who does not prove it keeps the form and is told why nothing happened", async () => {
  const { user } = openConsole("/machines");
  await user.click(await screen.findByRole("button", { name: "Add API key" }));
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "Billing");
  await user.click(screen.getByRole("button", { name: "Create" }));
  const proof = await screen.findByRole("dialog", { name: "Confirm that it is you" });
  await user.click(await within(proof).findByRole("button", { name: "Cancel" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("Prove again who you are.");
  expect(screen.getByRole("textbox", { name: "Name" })).toHaveValue("Billing");
});

it("sets up an authenticator app, and shows the recovery codes once", async () => {
  const { user } = openConsole("/account?tab=factors");
  await user.click(await screen.findByRole("button", { name: "Set up authenticator app" }));
  const proof = await screen.findByRole("dialog", { name: "Confirm that it is you" });
  await user.type(await within(proof).findByLabelText("Password"), PROOF);
  await user.click(within(proof).getByRole("button", { name: "Confirm" }));
  expect(await screen.findByRole("img", { name: "QR code for the authenticator app" })).toBeInTheDocument();
  await user.type(screen.getByLabelText("Code"), "123456");
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText(/abcde-fghij/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "I have kept it" }));
  expect(await screen.findByText(/10 codes are left/)).toBeInTheDocument();
  expect(screen.queryByText(/abcde-fghij/)).toBeNull();
});

it("switches somebody off for a reason only, and never oneself", async () => {
  const { user } = openConsole("/staff");
  const own = await screen.findByRole("row", { name: /Ada Berg/ });
  expect(within(own).getByRole("button", { name: /Switch off/ })).toHaveAttribute("aria-disabled", "true");
  const row = screen.getByRole("row", { name: /Ben Okafor/ });
  await user.click(within(row).getByRole("button", { name: "Switch off" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Switch off" }));
  expect(await within(dialog).findByText(/Say why/)).toBeInTheDocument();
  await user.type(within(dialog).getByRole("textbox"), "Has left");
  await user.click(within(dialog).getByRole("button", { name: "Switch off" }));
  expect(await within(row).findByText("Switched off")).toBeInTheDocument();
});

it("takes an incident, writes a note and closes it with a reason", async () => {
  const { user } = openConsole("/incidents");
  await user.click(await screen.findByRole("link", { name: "A station calls from a new address" }));
  await user.click(await screen.findByRole("button", { name: "Take it" }));
  await waitFor(() => {
    expect(screen.queryByRole("button", { name: "Take it" })).toBeNull();
  });
  await user.type(screen.getByLabelText("Note"), "The site has a new router.");
  await user.click(screen.getByRole("button", { name: "Add note" }));
  expect(await screen.findByText("The site has a new router.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Close incident" }));
  const dialog = await screen.findByRole("dialog", { name: "Close incident" });
  await user.type(within(dialog).getByRole("textbox"), "Router changed");
  await user.click(within(dialog).getByRole("button", { name: "Close incident" }));
  expect(await screen.findByRole("button", { name: "Reopen" })).toBeInTheDocument();
});

it("verifies the audit log and shows what an act changed, and only that", async () => {
  const { user } = openConsole("/audit");
  await user.click(await screen.findByRole("button", { name: "member.changed" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByRole("row", { name: "role support operations" })).toBeInTheDocument();
  expect(within(dialog).queryByRole("cell", { name: "name" })).toBeNull();
  await user.keyboard("{Escape}");
  await user.click(screen.getByRole("button", { name: "Verify" }));
  expect(await screen.findByText("The log is whole: 7 entries")).toBeInTheDocument();
});
