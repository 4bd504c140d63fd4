import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { cssVariables, theme } from "@voltway/ui";
import { useState } from "react";
import { whenSignedOut } from "@voltway/api";
import { accountKeys } from "../features/account/api.ts";
import { createQueryClient } from "./queryClient.ts";
import { createAppRouter } from "./routes.tsx";

export function App() {
  const [queryClient] = useState(() => {
    const created = createQueryClient();
    // Any answer may say that the session is over: ask who we are, and the shell leads to the log-in page.
    whenSignedOut(() => void created.invalidateQueries({ queryKey: accountKeys.all }));
    return created;
  });
  const [router] = useState(() => createAppRouter(queryClient));
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <Notifications position="bottom-right" autoClose={6000} />
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
