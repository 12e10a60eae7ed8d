// Keeps the application's own files, and a page that says so when the server is away. Never health data.
"use strict";
const KEPT = "myolens-1";
self.addEventListener("install", (event) => event.waitUntil(
  caches.open(KEPT).then((kept) => kept.addAll(["/offline", "/learn"])).then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  if (address.pathname.startsWith("/static/") || address.pathname.startsWith("/learn")) {
    event.respondWith(caches.open(KEPT).then(async (kept) => {
      const fresh = fetch(event.request).then(async (answer) => {
        if (answer.ok) {
          if (address.pathname.startsWith("/static/")) await kept.delete(event.request, { ignoreSearch: true });
          await kept.put(event.request, answer.clone());
        }
        return answer;
      });
      return address.pathname.startsWith("/static/")
        ? (await kept.match(event.request)) || fresh
        : fresh.catch(async () => (await kept.match(event.request)) || kept.match("/offline"));
    }));
  } else if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match("/offline")));
  }
});
