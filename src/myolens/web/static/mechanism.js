// Runs the model as the sliders move; the form alone does the same with a button.
"use strict";
const sliders = document.getElementById("sliders");
let waiting = null, asked = 0;
const run = async () => {
  const mine = ++asked, words = new URLSearchParams(new FormData(sliders));
  const answer = await fetch(`/mechanism/answer?${words}`);
  if (mine !== asked || !answer.ok) return;
  const made = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== asked) return;
  for (const id of ["live", "rest"]) document.getElementById(id).replaceChildren(...made.getElementById(id).childNodes);
  history.replaceState(null, "", `/mechanism?${words}`);
};
sliders.addEventListener("input", (event) => {
  const output = sliders.querySelector(`output[for="${event.target.id}"]`);
  if (output) output.textContent = Number(event.target.value);
  clearTimeout(waiting);
  waiting = setTimeout(run, 120);
});
sliders.addEventListener("submit", (event) => { event.preventDefault(); run(); });
