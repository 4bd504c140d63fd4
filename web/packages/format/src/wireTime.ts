/** The instant some seconds before another one, as the interface writes it (RFC 3339, UTC). */
export function wireTime(ms: number, secondsBefore = 0): string {
  return new Date(ms - secondsBefore * 1000).toISOString();
}
