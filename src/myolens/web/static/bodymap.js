// The picture of the body ticks the boxes of the list; the list alone does the same without it.
"use strict";
const body = document.getElementById("body");
if (body) {
  body.removeAttribute("hidden");
  const boxes = [...document.querySelectorAll('input[name="site"]')], said = document.getElementById("chosen");
  const box = (spot) => boxes.find((input) => input.value === spot.dataset.site);
  const name = (input) => input.closest("label").textContent.replace(/\s+/g, " ").trim();
  const show = () => {
    body.querySelectorAll(".spot").forEach((spot) => spot.classList.toggle("chosen", Boolean(box(spot)?.checked)));
    said.textContent = boxes.filter((input) => input.checked).map(name).join(", ") || said.dataset.none;
  };
  body.addEventListener("click", (event) => {
    const found = event.target.closest(".spot");
    if (found && box(found)) { box(found).checked = !box(found).checked; show(); }
  });
  boxes.forEach((input) => input.addEventListener("change", show));
  if (matchMedia("(max-width: 40rem)").matches) document.getElementById("places").open = false;
  show();
}
