// What every page shares: the offline copy. Pages work without any of it.
"use strict";
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/worker.js").catch(() => {});
