// Upload with progress and cancel; the form alone uploads without them.
"use strict";
const form = document.getElementById("upload");
if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const bar = document.getElementById("progress"), stop = document.getElementById("cancel");
    const request = new XMLHttpRequest();
    bar.hidden = stop.hidden = false;
    request.upload.addEventListener("progress", (step) => { if (step.lengthComputable) bar.value = step.loaded / step.total; });
    const done = () => { bar.hidden = stop.hidden = true; bar.value = 0; };
    request.addEventListener("load", () => {
      if (request.status < 400) { location.href = request.responseURL; return; }
      document.open(); document.write(request.responseText); document.close();
    });
    request.addEventListener("error", done);
    request.addEventListener("abort", done);
    stop.onclick = () => request.abort();
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
}
