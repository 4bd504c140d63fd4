/** Reads "1, 10, 50" as the sizes of waves; nothing if it is not that. No sizes at all: everybody at once. */
export function readWaves(text: string): number[] | null {
  const parts = text.split(/[\s,;→]+/).filter((part) => part !== "");
  const sizes = parts.map(Number);
  return sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= 10_000) && sizes.length <= 20 ? sizes : null;
}
