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


// A wide picture of time begins where today is in view.
document.querySelectorAll("[data-shown]").forEach((wide) => {
  wide.scrollLeft = wide.dataset.shown * wide.scrollWidth - 0.8 * wide.clientWidth;
});

// Sharing a report as a file, where the browser can.
const canShare = (file) => Boolean(navigator.canShare && navigator.canShare({ files: [file] }));
document.querySelectorAll("button[data-share]").forEach((button) => {
  button.hidden = !canShare(new File([""], "myolens-report.pdf", { type: "application/pdf" }));
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const answer = await fetch(button.dataset.share);
      if (!answer.ok) return;
      await navigator.share({ files: [new File([await answer.blob()], "myolens-report.pdf", { type: "application/pdf" })] });
    } catch (error) { if (error.name !== "AbortError") throw error; }
    finally { button.disabled = false; }
  });
});
