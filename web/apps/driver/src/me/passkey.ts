import { askPasskey, client, makePasskey, take, type PasskeyAdded } from "@voltway/api";
import { adopt, type Me } from "./session.ts";

/** What a device that logs in without a name is asked; with `ticket`, the second step of a log-in by password. */
export async function passkeyQuestion(ticket?: string): Promise<Record<string, unknown>> {
  return (await take(client.POST("/api/v1/login/passkey/options", { body: ticket === undefined ? {} : { ticket } }))).public_key;
}

/** Logs in with a passkey; null: the person would not, or `signal` ended it. `conditional`: offered where the address is typed, without a dialog. */
export async function logInByPasskey(ticket?: string, signal?: AbortSignal, mediation?: "conditional"): Promise<Me | null> {
  const question = await passkeyQuestion(ticket);
  if (signal?.aborted === true) return null;
  const credential = await askPasskey(question, signal, mediation);
  return credential === null ? null : adopt(await take(client.POST("/api/v1/login/passkey", { body: { credential } })));
}

/** Proves by passkey who one is; false: the person would not. */
export async function proveByPasskey(): Promise<boolean> {
  const { public_key } = await take(client.POST("/api/v1/me/step-up/options"));
  const credential = await askPasskey(public_key);
  if (credential === null) return false;
  adopt(await take(client.POST("/api/v1/me/step-up", { body: { credential } })));
  return true;
}

/** Adds a passkey of this device; null: the person would not. */
export async function addPasskey(name: string): Promise<PasskeyAdded | null> {
  const { public_key } = await take(client.POST("/api/v1/me/passkeys/options"));
  const credential = await makePasskey(public_key);
  return credential === null ? null : take(client.POST("/api/v1/me/passkeys", { body: { name, credential } }));
}
