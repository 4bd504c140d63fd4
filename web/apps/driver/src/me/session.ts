import { client, ProblemError, setCsrfToken, take, type LoginResponse } from "@voltway/api";

/** Whether somebody has logged in here: guests are spared a question that is answered by 401. */
const STORED_AS = "voltway.hasLoggedIn";
export type Me = LoginResponse["account"];
let known: Me | null | undefined;

function hasLoggedIn(): boolean {
  try {
    return localStorage.getItem(STORED_AS) !== null;
  } catch {
    return false;
  }
}

/** Keeps the token that writes need, and who it is. */
export function adopt({ account, csrf_token }: LoginResponse): Me {
  setCsrfToken(csrf_token);
  known = account;
  try { localStorage.setItem(STORED_AS, "1"); } catch { /* asked again after a reload, in vain */ }
  return account;
}

/** Who is logged in; null: nobody. Raises where the server cannot be reached. */
export async function whoAmI(): Promise<Me | null> {
  if (known !== undefined) return known;
  if (!hasLoggedIn()) return null;
  try {
    return adopt(await take(client.GET("/api/v1/me")));
  } catch (error) {
    if (error instanceof ProblemError && error.status === 401) { signedOut(); return null; }
    throw error;
  }
}

/** Whether a driver is logged in: staff pay here as guests do. */
export async function isLoggedIn(): Promise<boolean> {
  return (await whoAmI().catch(() => null))?.permissions.includes("payments:own") ?? false;
}

export function signedOut(): void {
  known = null;
  setCsrfToken(null);
  try { localStorage.removeItem(STORED_AS); } catch { /* nothing was kept */ }
}

export async function logOut(): Promise<void> {
  await client.POST("/api/v1/logout");
  signedOut();
}
