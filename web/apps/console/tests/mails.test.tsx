import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { openConsole } from "./openConsole.tsx";

it("shows the text of a mail that lies in the folder", async () => {
  const { user } = openConsole("/mails");
  const row = await screen.findByRole("row", { name: /driver@example.org/ });
  expect(row).toHaveTextContent("Sent");
  await user.click(within(row).getByRole("button", { name: "Confirm your address" }));
  const dialog = await screen.findByRole("dialog");
  expect(await within(dialog).findByText(/verify\?code=abc/)).toBeInTheDocument();
});

it("says why a text is not there, and what the mail server answered", async () => {
  const { user } = openConsole("/mails");
  const row = await screen.findByRole("row", { name: /nobody@example.org/ });
  await user.click(within(row).getByRole("button", { name: "Confirm your address" }));
  const dialog = await screen.findByRole("dialog");
  expect(await within(dialog).findByText("550 no such user")).toBeInTheDocument();
  expect(await within(dialog).findByText(/The text is not kept/)).toBeInTheDocument();
});

it("sends a mail again that failed, and offers that for no other", async () => {
  const { user, network } = openConsole("/mails");
  const row = await screen.findByRole("row", { name: /nobody@example.org/ });
  expect(screen.getAllByRole("button", { name: "Send again" })).toHaveLength(1);
  await user.click(within(row).getByRole("button", { name: "Send again" }));
  expect(await within(row).findByText("On its way")).toBeInTheDocument();
  expect(network.mails.find(({ to }) => to === "nobody@example.org")?.state).toBe("queued");
});

it("shows the mails of one state", async () => {
  const { user } = openConsole("/mails");
  await screen.findByRole("row", { name: /driver@example.org/ });
  await user.click(screen.getByRole("combobox", { name: "State" }));
  await user.click(await screen.findByRole("option", { name: "Failed" }));
  expect(await screen.findByRole("row", { name: /nobody@example.org/ })).toBeInTheDocument();
  expect(screen.queryByRole("row", { name: /driver@example.org/ })).toBeNull();
});
