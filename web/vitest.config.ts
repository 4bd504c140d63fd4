import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    projects: [
      { test: { name: "packages", include: ["packages/*/src/**/*.test.ts"], environment: "node", env: { TZ: "Europe/Berlin" } } },
      {
        plugins: [react()],
        test: {
          name: "console",
          include: ["apps/console/**/*.test.{ts,tsx}"],
          environment: "jsdom",
          setupFiles: ["apps/console/tests/setup.ts"],
          env: { TZ: "Europe/Berlin" },
          testTimeout: 30_000,
        },
      },
      { test: { name: "driver", include: ["apps/driver/tests/**/*.test.ts"], environment: "jsdom" } },
    ],
  },
});
