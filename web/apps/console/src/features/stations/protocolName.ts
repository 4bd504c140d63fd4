/** "ocpp2.0.1" as people write it. */
export function protocolName(protocol: string | null): string | null {
  return protocol?.replace(/^ocpp/i, "OCPP ") ?? null;
}
