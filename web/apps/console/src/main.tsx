import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "@voltway/ui/styles.css";
import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { setUpI18n } from "./app/i18n.ts";

async function start(root: HTMLElement): Promise<void> {
  if (import.meta.env.DEV && import.meta.env.VITE_MOCK === "1") {
    const { startMocks } = await import("./mocks/browser.ts");
    await startMocks();
  }
  await setUpI18n();
  createRoot(root).render(<App />);
}

const root = document.getElementById("root");
if (root) void start(root);
