import { client, take } from "@voltway/api";

/** How it stands with messages on this device; `unable`: the browser has none, or the page was not installed where that is needed. */
export type PushState = "unable" | "denied" | "off" | "on";
const KEPT_AS = "voltway.pushSubscription";

function isAble(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

/** base64url as bytes: what `subscribe` takes everywhere (text is not taken by every browser). */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

async function subscription(): Promise<PushSubscription | null> {
  return (await (await navigator.serviceWorker.getRegistration("/app/"))?.pushManager.getSubscription()) ?? null;
}

export async function pushState(): Promise<PushState> {
  if (!isAble() || (await navigator.serviceWorker.getRegistration("/app/")) === undefined) return "unable";
  if (Notification.permission === "denied") return "denied";
  return (await subscription()) !== null && localStorage.getItem(KEPT_AS) !== null ? "on" : "off";
}

/** Asks for the permission (a press must be the reason for this), subscribes, and tells the server. Raises where no push service
 * can be reached. */
export async function switchOn(): Promise<PushState> {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return permission === "denied" ? "denied" : "off";
  const { server_key } = await take(client.GET("/api/v1/me/push-subscriptions"));
  const { pushManager } = await navigator.serviceWorker.ready;
  // One that was made with another key of the platform's would be refused: it makes room.
  await (await pushManager.getSubscription())?.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(server_key) });
  const { endpoint = "", keys } = made.toJSON();
  const body = { endpoint, keys: { p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" } };
  const { id } = await take(client.POST("/api/v1/me/push-subscriptions", { body }));
  localStorage.setItem(KEPT_AS, id);
  return "on";
}

/** No more messages here: also before logging out, since whoever has the phone next is somebody else. The browser's part comes first:
 * without it nothing arrives, whatever the server still knows. */
export async function switchOff(): Promise<PushState> {
  if (!isAble()) return "unable";
  await (await subscription())?.unsubscribe();
  const id = localStorage.getItem(KEPT_AS);
  localStorage.removeItem(KEPT_AS);
  if (id !== null) await client.DELETE("/api/v1/me/push-subscriptions/{subscription_id}", { params: { path: { subscription_id: id } } });
  return "off";
}
