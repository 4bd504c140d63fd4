/** The only place that knows how an address is put together: `<Link {...paths.station(id)}>`. */
export const paths = {
  overview: () => ({ to: "/" }) as const,
  login: () => ({ to: "/login" }) as const,
  stations: () => ({ to: "/stations" }) as const,
  station: (stationId: string) => ({ to: "/stations/$stationId", params: { stationId } }) as const,
  sessions: () => ({ to: "/sessions" }) as const,
  session: (sessionId: string) => ({ to: "/sessions/$sessionId", params: { sessionId } }) as const,
  locations: () => ({ to: "/locations" }) as const,
  tariffs: () => ({ to: "/tariffs" }) as const,
  idTokens: () => ({ to: "/id-tokens" }) as const,
};
