// The picture of the body ticks the boxes beside it; the boxes alone do the same without it.
"use strict";
const body = document.getElementById("body");
if (body) {
  body.removeAttribute("hidden");
  const box = (spot) => document.querySelector(`input[value="${spot.dataset.site}"]`);
  const show = () => body.querySelectorAll(".spot").forEach((spot) =>
    spot.classList.toggle("chosen", Boolean(box(spot)?.checked)));
  body.addEventListener("click", (event) => {
    const found = event.target.closest(".spot");
    if (found && box(found)) { box(found).checked = !box(found).checked; show(); }
  });
  document.querySelectorAll('input[name="site"]').forEach((input) => input.addEventListener("change", show));
  show();
}
