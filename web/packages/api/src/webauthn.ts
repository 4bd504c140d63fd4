import type { PasskeyCredential } from "./types.ts";

/** The options of the interface are WebAuthn's JSON form: bytes are base64url texts. */
type Json = Record<string, unknown>;

/** Passkeys exist in secure contexts only: HTTPS, or this machine. */
export function hasPasskeys(): boolean {
  return typeof globalThis.PublicKeyCredential === "function";
}

/** Whether the browser can offer passkeys where the address is typed, without a dialog. */
export async function canOfferPasskeys(): Promise<boolean> {
  if (!hasPasskeys() || typeof PublicKeyCredential.isConditionalMediationAvailable !== "function") return false;
  return PublicKeyCredential.isConditionalMediationAvailable();
}

/** Makes a passkey; null if the person would not. Throws the browser's error where it cannot. */
export async function makePasskey(options: Json): Promise<PasskeyCredential | null> {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    user: { ...(options.user as Json), id: bytesOf((options.user as Json).id) },
    excludeCredentials: described(options.excludeCredentials),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = await unlessRefused(navigator.credentials.create({ publicKey }));
  if (!made) return null;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...outer(made),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      attestationObject: textOf(response.attestationObject),
      transports: response.getTransports(),
    },
  };
}

/** Asks for a passkey; null if the person would not, or `signal` ended it. */
export async function askPasskey(options: Json, signal?: AbortSignal, mediation?: "conditional"): Promise<PasskeyCredential | null> {
  const publicKey = {
    ...options,
    challenge: bytesOf(options.challenge),
    allowCredentials: described(options.allowCredentials),
  } as unknown as PublicKeyCredentialRequestOptions;
  const found = await unlessRefused(
    navigator.credentials.get({ publicKey, ...(signal && { signal }), ...(mediation && { mediation }) }),
  );
  if (!found) return null;
  const response = found.response as AuthenticatorAssertionResponse;
  return {
    ...outer(found),
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature),
      userHandle: response.userHandle ? textOf(response.userHandle) : null,
    },
  };
}

function outer(credential: PublicKeyCredential) {
  const rawId = textOf(credential.rawId);
  return {
    id: rawId,
    rawId,
    type: "public-key" as const,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: {},
  };
}

/** The browser says "not allowed" for a person who closed its dialog, and "abort" when we did. */
async function unlessRefused(asked: Promise<Credential | null>): Promise<PublicKeyCredential | null> {
  try {
    return (await asked) as PublicKeyCredential | null;
  } catch (error) {
    if (error instanceof DOMException && (error.name === "NotAllowedError" || error.name === "AbortError")) return null;
    throw error;
  }
}

function described(list: unknown): Json[] {
  return Array.isArray(list) ? list.map((one: Json) => ({ ...one, id: bytesOf(one.id) })) : [];
}

/** The bytes of a base64url text. */
export function bytesOf(text: unknown): Uint8Array<ArrayBuffer> {
  const plain = atob(String(text).replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Bytes as a base64url text, without padding. */
export function textOf(bytes: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
