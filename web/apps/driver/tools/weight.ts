import { gzipSync } from "node:zlib";
import type { Plugin, Rollup } from "vite";

/** The most that each part of the app may weigh on its first load, zipped, with all that it needs: for a slow phone beside a charger. */
export const ROUTES: Readonly<Record<string, { module: string; bytesMax: number }>> = {
  "report a problem": { module: "/src/report/index.tsx", bytesMax: 100_000 },
  "guest charge": { module: "/src/charge/index.tsx", bytesMax: 100_000 },
  places: { module: "/src/PlaceList.tsx", bytesMax: 100_000 },
  place: { module: "/src/PlacePage.tsx", bytesMax: 100_000 },
  map: { module: "/src/map/MapPage.tsx", bytesMax: 250_000 },
  "booking and queue": { module: "/src/book/index.tsx", bytesMax: 100_000 },
  account: { module: "/src/me/index.tsx", bytesMax: 110_000 },
};

/** A chunk and what must be there before it runs: other chunks, and styles. */
function needs(bundle: Rollup.OutputBundle, chunk: Rollup.OutputChunk, found = new Set<string>()): Set<string> {
  if (found.has(chunk.fileName)) return found;
  found.add(chunk.fileName);
  chunk.viteMetadata?.importedCss.forEach((file) => { found.add(file); });
  chunk.imports.forEach((file) => {
    const next = bundle[file];
    if (next?.type === "chunk") needs(bundle, next, found);
  });
  return found;
}

/** Ends the build when a part is too heavy, and writes down what belongs to them: the service worker keeps that (`parts.json`). */
export function weight(): Plugin {
  return {
    name: "voltway:weight",
    apply: "build",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((part): part is Rollup.OutputChunk => part.type === "chunk");
      const entry = chunks.find((chunk) => chunk.isEntry);
      if (entry === undefined) this.error("The driver app has no entry.");
      const kept = needs(bundle, entry);
      for (const [name, { module, bytesMax }] of Object.entries(ROUTES)) {
        const chunk = chunks.find((each) => each.facadeModuleId?.endsWith(module));
        if (chunk === undefined) this.error(`There is no ${module}, which is loaded for: ${name}.`);
        const files = new Set([...needs(bundle, entry), ...needs(bundle, chunk)]);
        const bytes = [...files].reduce((sum, file) => {
          const part = bundle[file];
          return part === undefined ? sum : sum + gzipSync(part.type === "chunk" ? part.code : part.source).length;
        }, 0);
        if (bytes > bytesMax) this.error(`The driver app's ${name} weighs ${bytes} bytes zipped on its first load; at most ${bytesMax}.`);
        this.info(`${name}: ${bytes} bytes zipped on the first load`);
        if (chunks.some((each) => files.has(each.fileName) && each.moduleIds.some((id) => id.includes("maplibre-gl")))) {
          this.error(`The map's library must not come with the first load of: ${name}.`);
        }
        files.forEach((file) => kept.add(file));
      }
      this.emitFile({ type: "asset", fileName: "parts.json", source: JSON.stringify([...kept].sort().map((file) => `/app/${file}`)) });
    },
  };
}
