// Adds a medicine chosen by completion to the list; the list alone does the same.
"use strict";
const adder = document.getElementById("adder");
if (adder) {
  adder.hidden = false;
  const one = adder.querySelector("input"), list = document.getElementById("medicines");
  const add = () => {
    if (!one.value.trim()) return;
    list.value = (list.value.trim() ? list.value.trim() + "\n" : "") + one.value.trim();
    one.value = "";
    one.focus();
  };
  adder.querySelector("button").addEventListener("click", add);
  one.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); add(); } });
}
