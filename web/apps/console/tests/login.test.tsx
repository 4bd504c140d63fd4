import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { LOGIN, SECOND_FACTOR } from "../src/mocks/handlers.ts";
import { openConsole } from "./openConsole.tsx";

async function logIn(user: ReturnType<typeof openConsole>["user"], password: string) {
  await user.type(await screen.findByLabelText("E-mail"), LOGIN.email);
  await user.type(screen.getByLabelText("Password"), password);
  await user.click(screen.getByRole("button", { name: "Log in" }));
}

it("sends a stranger to the log-in page and then back to where they wanted to go", async () => {
  const { user, history } = openConsole("/tariffs", { isLoggedIn: false });
  await logIn(user, LOGIN.password);
  expect(await screen.findByRole("heading", { name: "Tariffs" })).toBeInTheDocument();
  expect(history.location.pathname).toBe("/tariffs");
});

it("says that the password is wrong and lets nobody in", async () => {
  const { user, history } = openConsole("/", { isLoggedIn: false });
  await logIn(user, "guess");
  expect(await screen.findByRole("alert")).toHaveTextContent("E-mail or password is wrong.");
  expect(history.location.pathname).toBe("/login");
});

it("asks for the second factor, says that a code is wrong, and takes the right one", async () => {
  const { user } = openConsole("/", { isLoggedIn: false });
  await logIn(user, SECOND_FACTOR.password);
  await user.type(await screen.findByLabelText("Code"), "000000");
  await user.click(screen.getByRole("button", { name: "Log in" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("This code is wrong, or was used before.");
  await user.clear(screen.getByLabelText("Code"));
  await user.type(screen.getByLabelText("Code"), SECOND_FACTOR.code);
  await user.click(screen.getByRole("button", { name: "Log in" }));
  expect(await screen.findByRole("heading", { name: "Overview" })).toBeInTheDocument();
});

it.each(["//evil.example/", "https://evil.example/", "/\\evil.example"])("does not follow %s after the log-in", async (next) => {
  const { user, history } = openConsole(`/login?next=${encodeURIComponent(next)}`, { isLoggedIn: false });
  await logIn(user, LOGIN.password);
  expect(await screen.findByRole("heading", { name: "Overview" })).toBeInTheDocument();
  expect(history.location.pathname).toBe("/");
});

it("logs out to the log-in page", async () => {
  const { user, history } = openConsole("/tariffs");
  await user.click(await screen.findByRole("button", { name: "Account" }));
  await user.click(await screen.findByRole("menuitem", { name: "Log out" }));
  await waitFor(() => {
    expect(history.location.pathname).toBe("/login");
  });
});
