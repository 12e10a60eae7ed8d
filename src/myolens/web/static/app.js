// What every page shares: the offline copy. Pages work without any of it.
"use strict";
if ("serviceWorker" in navigator) {
  // On the first visit the page came before its keeper: ask once more for what may be kept.
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    const files = [...document.querySelectorAll("link[rel=stylesheet], link[rel=icon], script[src]")].map((e) => e.href || e.src);
    if (location.pathname.startsWith("/learn")) files.push(location.href);
    files.forEach((file) => fetch(file).catch(() => {}));
  });
  navigator.serviceWorker.register("/worker.js").catch(() => {});
}
