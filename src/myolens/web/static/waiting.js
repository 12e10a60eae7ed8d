// Shows how far the analysis is, and the result when it is there.
"use strict";
const bar = document.getElementById("share");
const ask = async () => {
  const answer = await fetch(`/recordings/${bar.dataset.recording}/state`);
  const { state, share } = await answer.json();
  bar.value = share;
  if (state === "done" || state === "failed") location.reload();
  else setTimeout(ask, 700);
};
if (bar) setTimeout(ask, 400);
