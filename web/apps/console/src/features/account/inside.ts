/** Only a page of this console may follow the log-in: a link must not lead away from here. */
export function inside(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\") ? next : "/";
}
