/** A text from the address; the router reads one of digits alone as a number. */
export function searchText(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Whether an address narrows its list at all. */
export function hasFilter(search: object): boolean {
  return Object.values(search).some((value: unknown) => value !== undefined);
}
