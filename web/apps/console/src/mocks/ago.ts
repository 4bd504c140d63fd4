/** The instant some seconds ago, as the interface writes it. */
export const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
