/* Draws the icons of the manifest from the logo's outline, which is all straight lines: npm run icons. */
import { Buffer } from "node:buffer";
import { writeFileSync } from "node:fs";
import { URL } from "node:url";
import { crc32, deflateSync } from "node:zlib";

const OUTLINE = [[5, 8], [11, 8], [16, 19], [19.2, 12], [14, 12], [16, 8], [27, 8], [18.4, 27], [13.6, 27]];
const GROUND = [0x0c, 0x1f, 0x2b], MARK = [0xc9, 0xf2, 0x4b];
const FINE = 4, SHRINK = 0.72; // the mark stays inside a mask's safe circle

function isInside(x, y) {
  return OUTLINE.reduce((inside, [x1, y1], index) => {
    const [x2, y2] = OUTLINE[(index + 1) % OUTLINE.length];
    return y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1 ? !inside : inside;
  }, false);
}

function part(name, body) {
  const text = Buffer.concat([Buffer.from(name), body]);
  const length = Buffer.alloc(4), sum = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  sum.writeUInt32BE(crc32(text));
  return Buffer.concat([length, text, sum]);
}

function png(size) {
  const rows = Buffer.alloc(size * (1 + 3 * size));
  const at = (pixel, step) => 16 + (((pixel + (step + 0.5) / FINE) / size) * 32 - 16) / SHRINK;
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      let hits = 0;
      for (let step = 0; step < FINE * FINE; step++) hits += isInside(at(column, step % FINE), at(row, Math.floor(step / FINE)) + 1.5);
      const share = hits / (FINE * FINE);
      GROUND.forEach((ground, index) => {
        rows[row * (1 + 3 * size) + 1 + 3 * column + index] = Math.round(ground + share * (MARK[index] - ground));
      });
    }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, part("IHDR", head), part("IDAT", deflateSync(rows, { level: 9 })), part("IEND", Buffer.alloc(0))]);
}

for (const size of [192, 512]) writeFileSync(new URL(`../public/icon-${size}.png`, import.meta.url), png(size));
