import { expect, it, vi } from "vitest";
import { sortingOf } from "./sorting.ts";

it("turns round the order of the column that has it, and begins another as that column begins", () => {
  const set = vi.fn();
  for (const [sort, first, direction, wanted] of [
    [undefined, "ascending", undefined, "identity"],
    ["identity", "ascending", "ascending", "-identity"],
    ["-identity", "ascending", "descending", "identity"],
    ["vendor", "ascending", undefined, "identity"],
    ["vendor", "descending", undefined, "-identity"],
  ] as const) {
    const sorting = sortingOf("identity", sort, set, first);
    expect(sorting.direction).toBe(direction);
    sorting.onSort();
    expect(set).toHaveBeenLastCalledWith(wanted);
  }
});
