import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { createNetwork, uuid } from "../src/mocks/network.ts";
import { openConsole } from "./openConsole.tsx";

it("sorts the stations by a heading, and keeps the order in the address", async () => {
  const { user, history } = openConsole("/stations");
  const table = await screen.findByRole("table", { name: "Stations" });
  await user.click(within(table).getByRole("button", { name: "Identity" }));
  await waitFor(() => {
    expect(screen.getByRole("columnheader", { name: "Identity" })).toHaveAttribute("aria-sort", "ascending");
  });
  expect(history.location.search).toContain("sort=identity");
  await user.click(screen.getByRole("button", { name: "Identity" }));
  await waitFor(() => {
    expect(history.location.search).toContain("sort=-identity");
  });
});

it("offers the order by energy where something narrows the sessions", async () => {
  openConsole("/sessions");
  expect(await screen.findByRole("button", { name: "Started" })).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Energy" })).not.toBeInTheDocument();
});

it("keeps a view, opens it with its filters and forgets it", async () => {
  const { user, history } = openConsole("/stations?online=false&text=LEJ");
  await screen.findByRole("row", { name: /LEJ-08/ });
  await user.click(screen.getByRole("button", { name: "Views" }));
  await user.click(await screen.findByRole("menuitem", { name: /Save this view/ }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await within(dialog).findByText("Give the view a name")).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText(/Name/), "Silent in Leipzig");
  await user.click(within(dialog).getByRole("button", { name: "Save" }));
  expect(await screen.findByRole("button", { name: "Silent in Leipzig" })).toBeInTheDocument();
  history.push("/stations");
  await screen.findByRole("row", { name: /HAM-04/ });
  await user.click(screen.getByRole("button", { name: "Views" }));
  await user.click(await screen.findByRole("menuitem", { name: "Silent in Leipzig" }));
  await waitFor(() => {
    expect(history.location.search).toContain("text=LEJ");
  });
  expect(screen.getByRole("searchbox", { name: "Identity, vendor or model" })).toHaveValue("LEJ");
  await user.click(screen.getByRole("button", { name: "Silent in Leipzig" }));
  await user.click(await screen.findByRole("menuitem", { name: /Forget/ }));
  expect(await screen.findByRole("button", { name: "Views" })).toBeInTheDocument();
});

it("tells chosen stations something, and says of each what became of it", async () => {
  const { user, history } = openConsole("/stations");
  await screen.findByRole("table", { name: "Stations" });
  for (const identity of ["HAM-04", "LEJ-08"]) await user.click(screen.getByRole("checkbox", { name: `Choose ${identity}` }));
  const bar = screen.getByRole("region", { name: "Chosen stations" });
  expect(within(bar).getByRole("status")).toHaveTextContent("2 stations chosen");
  await user.click(within(bar).getByRole("button", { name: "Restart" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(within(dialog).getByRole("button", { name: "Tell 2 stations" }));
  expect(await within(dialog).findByText("Say why; it stands in the audit log")).toBeInTheDocument();
  await user.type(within(dialog).getByLabelText(/Reason/), "After the storm");
  await user.click(within(dialog).getByRole("button", { name: "Tell 2 stations" }));
  expect(await screen.findByRole("heading", { name: "Restart · 2 stations" })).toBeInTheDocument();
  expect(history.location.pathname).toContain("/bulk-orders/");
  expect(within(await screen.findByRole("row", { name: /HAM-04/ })).getAllByText("Accepted")).not.toHaveLength(0);
  expect(screen.getByRole("row", { name: /LEJ-08/ })).toHaveTextContent("Station offline");
  await user.click(screen.getByRole("button", { name: "Again for 1 station" }));
  expect(await screen.findByRole("heading", { name: "Restart · 1 station" })).toBeInTheDocument();
});

it("chooses all that match, with those that are not in the page yet", async () => {
  const network = createNetwork();
  const [first] = network.stations;
  if (!first) throw new Error("There is a station.");
  network.stations = Array.from({ length: 150 }, (_, index) => ({ ...first, id: uuid("001", 500 + index), identity: `N-${String(index).padStart(3, "0")}` }));
  const { user } = openConsole("/stations", { network });
  const table = await screen.findByRole("table", { name: "Stations" });
  expect(within(table).getAllByRole("row").length).toBeLessThan(60);
  expect(table).toHaveAttribute("aria-rowcount", "101");
  await user.click(screen.getByRole("checkbox", { name: "Choose all that are shown" }));
  expect(screen.getByText("100 stations chosen")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Choose all that match" }));
  expect(await screen.findByText("150 stations chosen")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Choose none" }));
  expect(screen.queryByRole("region", { name: "Chosen stations" })).not.toBeInTheDocument();
});
