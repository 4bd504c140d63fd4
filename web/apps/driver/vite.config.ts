import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { weight } from "./tools/weight.ts";

const backend = process.env.VOLTWAY_URL ?? "http://localhost:8080";

export default defineConfig({
  base: "/app/",
  plugins: [react(), weight()],
  server: { port: 5174, proxy: { "/api": backend, "/c/": backend, "/r/": backend } },
  // The largest piece is the library of the map, fetched apart from the page and only where a map is shown.
  build: { target: "es2022", chunkSizeWarningLimit: 1200 },
});
