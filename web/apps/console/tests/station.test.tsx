import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";
import { uuid } from "../src/mocks/network.ts";
import { openConsole } from "./openConsole.tsx";
import { server } from "./server.ts";

const pathOf = (number: number, tab = "") => `/stations/${uuid("001", number)}${tab && `?tab=${tab}`}`;

it("shows each EVSE with its status, the station's own word and the session that runs there", async () => {
  openConsole(pathOf(4));
  const evse = await screen.findByRole("region", { name: "EVSE 1" });
  expect(evse).toHaveTextContent("Occupied");
  expect(evse).toHaveTextContent("Charging");
  expect(await within(evse).findByText("10.9 kW")).toBeInTheDocument();
  expect(screen.getByRole("region", { name: "EVSE 2" })).toHaveTextContent("No session");
});

it("says why the station cannot do a command", async () => {
  const { user } = openConsole(pathOf(2, "commands"));
  await user.click(await screen.findByRole("combobox", { name: "Command" }));
  await user.click(await screen.findByRole("option", { name: "Clear authorisation cache ELM-03 has no authorisation cache." }));
  expect(screen.getByText("The station cannot do this")).toBeInTheDocument();
  const send = screen.getByRole("button", { name: "Send" });
  expect(send).toHaveAttribute("aria-disabled", "true");
  expect(send).toHaveAccessibleDescription("ELM-03 has no authorisation cache.");
});

it("says at the field what is wrong with it, before and after the server has looked", async () => {
  const { user } = openConsole(pathOf(0, "commands"));
  await user.click(await screen.findByRole("combobox", { name: "Command" }));
  await user.click(await screen.findByRole("option", { name: "Ask for composite schedule" }));
  const duration = screen.getByRole("textbox", { name: /For how long/ });
  await user.type(duration, "700000");
  expect(duration).toHaveAccessibleDescription("From 1 to 604800");
  expect(screen.getByRole("button", { name: "Send" })).toHaveAccessibleDescription("Some fields are not right yet");
  await user.clear(duration);
  await user.type(duration, "600");
  server.use(
    http.post("*/charging-stations/:id/commands", () =>
      HttpResponse.json(
        { title: "A field is wrong", status: 422, detail: "…", context: { errors: [{ path: "$.unit", message: "this station knows amperes only" }] } },
        { status: 422, headers: { "Content-Type": "application/problem+json" } },
      ),
    ),
  );
  await user.click(screen.getByRole("button", { name: "Send" }));
  await waitFor(() => {
    expect(screen.getByRole("combobox", { name: "Unit" })).toHaveAccessibleDescription("this station knows amperes only");
  });
});

it("sends a command only when it is complete, and keeps it in the history", async () => {
  const { user, network } = openConsole(pathOf(0, "commands"));
  const send = await screen.findByRole("button", { name: /Send$/ });
  expect(send).toHaveAttribute("aria-disabled", "true");
  expect(send).toHaveAccessibleDescription("Still needed: ID token");
  await user.click(send);
  await user.type(screen.getByRole("textbox", { name: /ID token/ }), "04A35F2C81");
  await user.click(screen.getByRole("button", { name: "Send" }));
  const history = await screen.findByRole("table", { name: "Latest commands" });
  expect(history).toHaveTextContent("Start charging");
  expect(network.commands[uuid("001", 0)]?.map(({ arguments: sent }) => sent)).toEqual([{ id_token: "04A35F2C81" }]);
});

it("asks before it restarts a station", async () => {
  const { user, network } = openConsole(pathOf(0, "commands"));
  await user.click(await screen.findByRole("combobox", { name: "Command" }));
  await user.click(await screen.findByRole("option", { name: "Restart station" }));
  await user.click(screen.getByRole("button", { name: "Send" }));
  const dialog = await screen.findByRole("dialog");
  expect(network.commands).toEqual({});
  await user.click(within(dialog).getByRole("button", { name: "Send" }));
  expect(await screen.findByText("The station will do it later, when nobody is charging.", { selector: "[role=status] *" })).toBeInTheDocument();
});

it("follows the messages live until they are held still", async () => {
  const { user, network, send } = openConsole(pathOf(0, "messages"));
  await screen.findByText("BootNotification", { selector: "li:last-child b" });
  const log = network.messages[uuid("001", 0)] ?? [];
  const at = new Date().toISOString();
  log.unshift({ id: "1", at, direction: "in", kind: "call", message_id: "new-1", action: "SecurityEventNotification", payload: { type: "Tamper" } });
  send("message.logged", { id: uuid("001", 0), at });
  const row = await screen.findByRole("button", { name: /SecurityEventNotification/ }, { timeout: 3_000 });
  await user.click(row);
  expect(screen.getByText('"Tamper"')).toBeInTheDocument();

  await user.click(screen.getByRole("switch", { name: "Follow live" }));
  log.unshift({ id: "2", at, direction: "in", kind: "call", message_id: "new-2", action: "FirmwareStatusNotification", payload: {} });
  send("message.logged", { id: uuid("001", 0), at });
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(screen.queryByText("FirmwareStatusNotification")).not.toBeInTheDocument();
  await user.click(screen.getByRole("switch", { name: "Follow live" }));
  expect(await screen.findByText("FirmwareStatusNotification")).toBeInTheDocument();
});

it("tells whoever may not command why the button does nothing", async () => {
  const { user, network } = openConsole(pathOf(0, "commands"));
  server.use(
    http.get("*/api/v1/me", () =>
      HttpResponse.json({
        account: { id: "1", email: "read@voltway.example", name: "Reader", role: "support", operator: "default", permissions: ["stations:read"] },
        csrf_token: "x",
      }),
    ),
  );
  await user.type(await screen.findByRole("textbox", { name: /ID token/ }), "04A35F2C81");
  const send = screen.getByRole("button", { name: /Send$/ });
  expect(send).toHaveAccessibleDescription("Your role does not include this.");
  await user.click(send);
  await waitFor(() => {
    expect(network.commands).toEqual({});
  });
});
