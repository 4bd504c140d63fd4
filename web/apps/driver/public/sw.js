/* The shell without a network: the page and its parts. What the API said last is kept by the page itself (src/kept.ts). */
/* global self, caches, fetch, URL */
const SHELL = "voltway-shell";
const PARTS = "voltway-parts";
const PARTS_MAX = 20;

async function keepShell() {
  const cache = await caches.open(SHELL);
  const page = await fetch("/app/", { cache: "no-cache" });
  if (!page.ok) return;
  const named = [...(await page.clone().text()).matchAll(/(?:src|href)="(\/app\/[^"]+)"/g)].map((found) => found[1]);
  // What the page loads later, so that a running charge is still shown where there is no network (tools/weight.ts).
  const later = await fetch("/app/parts.json", { cache: "no-cache" }).then((answer) => (answer.ok ? answer.json() : []));
  const parts = [...new Set([...named, ...later])];
  await cache.addAll(parts);
  await cache.put("/app/", page);
  const wanted = new Set(["/app/", ...parts]);
  const kept = await cache.keys();
  await Promise.all(kept.filter((request) => !wanted.has(new URL(request.url).pathname)).map((request) => cache.delete(request)));
}

/** Parts that come later, such as the map's library: kept once they were wanted, the oldest make room. Their names change with them. */
async function fetchPart(request, url) {
  const answer = await fetch(request);
  if (answer.ok && url.pathname.startsWith("/app/assets/")) {
    const cache = await caches.open(PARTS);
    await cache.put(request, answer.clone());
    const kept = await cache.keys();
    await Promise.all(kept.slice(0, Math.max(0, kept.length - PARTS_MAX)).map((each) => cache.delete(each)));
  }
  return answer;
}

self.addEventListener("install", (event) => event.waitUntil(keepShell().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin || !url.pathname.startsWith("/app/")) return;
  if (event.request.mode === "navigate") {
    event.respondWith(
      fetch(event.request).then(
        (page) => {
          event.waitUntil(keepShell().catch(() => undefined));
          return page;
        },
        async (error) => (await caches.match("/app/")) ?? Promise.reject(error),
      ),
    );
  } else {
    event.respondWith(caches.match(event.request).then((kept) => kept ?? fetchPart(event.request, url)));
  }
});

/** A message of the platform (docs/notifications.md). Browsers want one shown for each push, so one that cannot be read is shown, too. */
self.addEventListener("push", (event) => {
  let message = {};
  try { message = event.data?.json() ?? {}; } catch { /* not ours: shown without words */ }
  const { title = "Voltway", text = "", tag, path = "" } = message;
  event.waitUntil(self.registration.showNotification(title, { body: text, tag, icon: "/app/icon-192.png", data: { path } }));
});

/** Opens the message's page: in the window that is there, else in a new one. A message leads nowhere but into the app. */
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const path = String(event.notification.data?.path ?? "");
  const url = new URL(path.startsWith("#/") ? `/app/${path}` : "/app/", self.location.origin).href;
  event.waitUntil(
    self.clients.matchAll({ type: "window" }).then(async (windows) => {
      const open = windows.find((each) => new URL(each.url).pathname.startsWith("/app/"));
      if (open === undefined) return self.clients.openWindow(url);
      await open.focus();
      return open.navigate(url);
    }),
  );
});
