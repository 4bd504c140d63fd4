export interface Sorting {
  direction: "ascending" | "descending" | undefined;
  onSort: () => void;
}

/** A column's part in the order of a list. `sort` is as in the address: a column's name, with a minus the other way round. */
export function sortingOf(name: string, sort: string | undefined, set: (sort: string) => void, first: "ascending" | "descending" = "ascending"): Sorting {
  const direction = sort === name ? "ascending" : sort === `-${name}` ? "descending" : undefined;
  const next = direction === undefined ? first : direction === "ascending" ? "descending" : "ascending";
  return {
    direction,
    onSort: () => {
      set(next === "ascending" ? name : `-${name}`);
    },
  };
}
