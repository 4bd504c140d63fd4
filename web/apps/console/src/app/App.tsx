import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider, type RouterHistory } from "@tanstack/react-router";
import { cssVariables, theme } from "@voltway/ui";
import { useState } from "react";
import { whenSignedOut } from "@voltway/api";
import { accountKeys } from "../features/account/api.ts";
import { createQueryClient } from "./queryClient.ts";
import { createAppRouter } from "./routes.tsx";

/** The console; `history` is the browser's own, unless a test brings another. */
export function App({ history }: { history?: RouterHistory }) {
  const [queryClient] = useState(() => {
    const created = createQueryClient();
    // Any answer may say that the session is over: ask who we are, and the shell leads to the log-in page.
    whenSignedOut(() => void created.invalidateQueries({ queryKey: accountKeys.all }));
    return created;
  });
  const [router] = useState(() => createAppRouter(queryClient, history));
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      // Without a layout, as in tests, Mantine must not wait for transitions nor hide what it cannot place.
      env={import.meta.env.MODE === "test" ? "test" : "default"}
    >
      <Notifications position="bottom-right" autoClose={6000} />
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
