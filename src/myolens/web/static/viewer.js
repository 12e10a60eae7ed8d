// The trace viewer: asks the server for the extremes of what is in view, draws them with the events.
"use strict";
const root = document.getElementById("viewer");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

class Viewer {
  constructor() {
    this.canvas = root.querySelector("canvas");
    this.readout = document.getElementById("readout");
    this.channel = document.getElementById("channel");
    this.seconds = Number(root.dataset.seconds);
    this.address = `/recordings/${root.dataset.recording}`;
    this.smallest = Math.min(this.seconds, 20 / Number(root.dataset.rate));
    this.view = [0, this.seconds];
    this.events = [];
    this.excluded = [];
    this.chosen = -1;
    this.columns = null;
    this.asked = 0;
    this.unit = document.getElementById("new-unit");
    const act = {
      in: () => this.zoom(0.5), out: () => this.zoom(2), whole: () => this.show(0, this.seconds),
      next: () => this.jump(1), previous: () => this.jump(-1),
      accept: () => this.decide("accept"), reject: () => this.decide("reject"), undo: () => this.undo(),
      relabel: () => (this.unit.value.trim() ? this.decide("relabel", this.unit.value.trim()) : this.unit.focus()),
    };
    this.buttons = Object.fromEntries([...root.querySelectorAll("button[data-act]")].map((b) => [b.dataset.act, b]));
    Object.entries(this.buttons).forEach(([name, button]) => button.addEventListener("click", () => act[name]()));
    this.unit.addEventListener("keydown", (e) => { if (e.key === "Enter") { act.relabel(); this.canvas.focus(); } });
    const keys = {
      ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2), "+": act.in, "=": act.in, "-": act.out,
      n: act.next, p: act.previous, 0: act.whole, a: act.accept, r: act.reject, u: act.undo,
      c: () => { if (this.chosen >= 0) { this.unit.focus(); this.unit.select(); } },
    };
    this.canvas.addEventListener("keydown", (e) => { if (keys[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey) { keys[e.key](); e.preventDefault(); } });
    this.canvas.addEventListener("wheel", (e) => {
      if (!e.ctrlKey && !e.metaKey && document.activeElement !== this.canvas) return;
      e.preventDefault();
      this.zoom(e.deltaY > 0 ? 1.25 : 0.8, e.offsetX / this.canvas.clientWidth);
    }, { passive: false });
    const held = new Map();
    this.canvas.addEventListener("pointerdown", (e) => { held.set(e.pointerId, e.offsetX); this.canvas.setPointerCapture(e.pointerId); });
    this.canvas.addEventListener("pointermove", (e) => {
      if (!held.has(e.pointerId)) return;
      const before = held.get(e.pointerId), width = this.canvas.clientWidth;
      held.set(e.pointerId, e.offsetX);
      const other = [...held].find(([id]) => id !== e.pointerId);
      if (!other) this.pan((before - e.offsetX) / width);
      else this.zoom((Math.abs(before - other[1]) || 1) / (Math.abs(e.offsetX - other[1]) || 1), (e.offsetX + other[1]) / 2 / width);
    });
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, (e) => held.delete(e.pointerId));
    this.channel.addEventListener("change", () => this.fetch());
    document.querySelectorAll("button.goto").forEach((b) => b.addEventListener("click", () => {
      this.chosen = Number(b.dataset.index) - 1;
      this.jump(1);
      root.scrollIntoView({ block: "start" });
    }));
    const table = document.getElementById("table");
    if (table && location.hash !== "#events") table.open = false;
    new ResizeObserver(() => this.fetch()).observe(this.canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.loaded = fetch(`${this.address}/events`).then((a) => a.json()).then((d) => { this.events = d.events; this.excluded = d.excluded; this.draw(); });
  }
  show(start, end) {
    const width = Math.min(this.seconds, Math.max(this.smallest, end - start));
    const left = Math.max(0, Math.min(this.seconds - width, start));
    this.view = [left, left + width];
    this.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(), 30);
  }
  zoom(factor, at = 0.5) {
    const [s, e] = this.view, width = (e - s) * factor, centre = s + (e - s) * at;
    this.show(centre - width * at, centre + width * (1 - at));
  }
  pan(share) { const [s, e] = this.view, d = (e - s) * share; this.show(s + d, e + d); }
  async jump(step) {
    await this.loaded; // a key pressed before the events are here is not lost
    if (!this.events.length) return;
    this.choose((this.chosen + step + this.events.length) % this.events.length);
  }
  choose(index) {
    this.chosen = index;
    const e = this.events[index];
    const names = [...this.channel.options].map((o) => o.textContent);
    if (names.includes(e.c)) this.channel.selectedIndex = names.indexOf(e.c);
    for (const name of ["accept", "reject", "relabel"]) this.buttons[name].disabled = false;
    this.show(e.t - 0.1, e.t + 0.1);
    this.say();
  }
  say() {
    const e = this.events[this.chosen], words = JSON.parse(root.dataset.words);
    this.readout.textContent = `${this.chosen + 1} / ${this.events.length}: ${e.t.toFixed(3)} s, ${words.unit} ${e.u ?? "–"}, ${e.c}, ${words[e.v]}`;
    document.querySelectorAll("tr[data-row]").forEach((row) => row.classList.toggle("chosen", Number(row.dataset.row) === this.chosen));
  }
  async send(what, fields) {
    const body = new URLSearchParams(fields);
    const answer = await fetch(`${this.address}/${what}`, {
      method: "POST", body, headers: { accept: "application/json", "x-csrf-token": document.body.dataset.csrf },
    });
    if (!answer.ok) { this.readout.textContent = JSON.parse(root.dataset.words).refused; return null; }
    const said = await answer.json(), words = JSON.parse(root.dataset.words);
    if (said.event !== null) {
      this.events[said.event] = said.now;
      const row = document.querySelector(`tr[data-row="${said.event}"]`);
      if (row) { row.querySelector(".tag").textContent = words[said.now.v]; row.querySelector(".unit").textContent = said.now.u ?? "–"; }
    }
    const set = (id, text) => { const place = document.getElementById(id); if (place) place.textContent = text; };
    set("kept", said.kept); set("units", said.units);
    set("rate", said.rate ? `${said.rate[0].toFixed(1)} / min` : "–");
    if (said.rate) set("interval", `${said.rate[1].toFixed(1)}–${said.rate[2].toFixed(1)}`);
    this.buttons.undo.disabled = false;
    return said;
  }
  async decide(verdict, unit = "") {
    if (this.chosen < 0) return;
    const said = await this.send("review", { event: this.chosen, verdict, unit });
    if (said) { this.unit.value = ""; this.say(); this.draw(); }
  }
  async undo() {
    const said = await this.send("undo", {});
    if (said && said.event !== null) this.choose(said.event);
  }
  async fetch() {
    const width = Math.min(4000, Math.max(1, Math.round(this.canvas.clientWidth * Math.min(2, devicePixelRatio || 1))));
    const [start, end] = this.view, mine = ++this.asked;
    const answer = await fetch(`${this.address}/samples?start=${start}&end=${end}&width=${width}&channel=${this.channel.value}`);
    if (!answer.ok || mine !== this.asked) return;
    const values = new Float32Array(await answer.arrayBuffer()), half = values.length / 2;
    this.columns = { start, end, least: values.subarray(0, half), greatest: values.subarray(half) };
    this.draw();
  }
  draw() {
    const ratio = devicePixelRatio || 1, width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (!width) return;
    this.canvas.width = width * ratio; this.canvas.height = height * ratio;
    const pen = this.canvas.getContext("2d"), [start, end] = this.view;
    pen.scale(ratio, ratio);
    const x = (t) => (t - start) / (end - start) * width;
    pen.fillStyle = colour("--line");
    this.excluded.forEach((span) => pen.fillRect(x(span.start_s), 16, x(span.end_s) - x(span.start_s), height - 34));
    pen.font = "12px system-ui";
    if (this.columns) {
      const { least, greatest } = this.columns, size = least.length;
      let low = Infinity, high = -Infinity;
      for (let i = 0; i < size; i++) { low = Math.min(low, least[i]); high = Math.max(high, greatest[i]); }
      const middle = (low + high) / 2, reach = Math.max((high - low) / 2, 1e-9);
      const y = (v) => 18 + (height - 40) * (0.5 - (v - middle) / reach / 2);
      const at = (i) => x(this.columns.start + (i + 0.5) / size * (this.columns.end - this.columns.start));
      pen.strokeStyle = colour("--ink"); pen.lineWidth = 1; pen.beginPath();
      for (let i = 0; i < size; i++) {
        const px = at(i);
        if (i) pen.lineTo(px, y(least[i])); else pen.moveTo(px, y(least[i]));
        if (greatest[i] !== least[i]) pen.lineTo(px, y(greatest[i]));
      }
      pen.stroke();
      const unit = this.channel.selectedOptions[0].dataset.unit;
      pen.fillStyle = colour("--faint");
      pen.fillText(`±${Number(reach.toPrecision(2))} ${unit}`, 4, 30);
    }
    this.events.forEach((e, i) => {
      if (e.t < start || e.t > end) return;
      pen.fillStyle = e.v === "reject" ? colour("--line") : e.u ? colour(`--unit-${(e.u - 1) % 8 + 1}`) : colour("--faint");
      pen.fillRect(x(e.t) - 1, 2, 2, i === this.chosen ? height - 20 : 13);
      if (end - start < 3 && e.u) pen.fillText(e.u, x(e.t) + 4, 12);
    });
    const raw = (end - start) / Math.max(3, width / 110), power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw * 0.999), digits = Math.max(0, -Math.floor(Math.log10(step)));
    pen.fillStyle = colour("--faint");
    for (let t = Math.ceil(start / step) * step; t <= end; t += step) {
      pen.fillRect(x(t), height - 18, 1, 4);
      pen.fillText(`${t.toFixed(digits)} s`, Math.min(x(t) + 2, width - 44), height - 4);
    }
  }
}
if (root) { root.hidden = false; new Viewer(); }
