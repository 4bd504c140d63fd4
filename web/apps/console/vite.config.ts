import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const backend = process.env.VOLTWAY_URL ?? "http://localhost:8080";

/** Serves the mock service worker while developing; the built console carries no trace of it. */
function mockWorker(): Plugin {
  const path = createRequire(import.meta.url).resolve("msw/mockServiceWorker.js");
  return {
    name: "voltway:mock-worker",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use("/mockServiceWorker.js", (_request, response) => {
        void readFile(path).then((script) => {
          response.setHeader("Content-Type", "text/javascript");
          response.end(script);
        });
      });
    },
  };
}

export default defineConfig({
  plugins: [react(), mockWorker()],
  resolve: { dedupe: ["react", "react-dom", "@mantine/core", "@mantine/hooks"] },
  server: { port: 5173, proxy: { "/api": backend } },
  preview: { port: 4173, proxy: { "/api": backend } },
  // The largest piece is the charting library, fetched apart from the page and only where a chart is shown.
  build: { target: "es2022", chunkSizeWarningLimit: 560 },
});
