// The zoomable trace: draws envelopes, or full-rate snippets where they are finer. No dependencies.
"use strict";
(() => {
  const unpack = (text) => {
    const raw = atob(text);
    const values = new Int16Array(raw.length / 2);
    for (let i = 0; i < values.length; i++) {
      values[i] = raw.charCodeAt(2 * i) | (raw.charCodeAt(2 * i + 1) << 8);
    }
    return values;
  };
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  class Viewer {
    constructor(root) {
      this.root = root;
      this.canvas = root.querySelector("canvas");
      this.readout = root.querySelector(".readout");
      const data = JSON.parse(document.getElementById(root.dataset.source).textContent);
      this.seconds = data.seconds;
      this.events = data.events;
      this.excluded = data.excluded;
      this.rejected = data.rejected;
      this.traces = data.traces.map((trace) => {
        const least = unpack(trace.least);
        return {
          ...trace,
          least,
          greatest: trace.greatest ? unpack(trace.greatest) : least,
          snippets: trace.snippets.map((s) => ({ start: s.start, values: unpack(s.values) })),
        };
      });
      this.traces.forEach((t) => {
        let peak = 1;
        for (let i = 0; i < t.least.length; i++) {
          peak = Math.max(peak, Math.abs(t.least[i]), Math.abs(t.greatest[i]));
        }
        t.peak = peak;
      });
      this.gain = 1;
      this.chosen = -1;
      this.view = [0, this.seconds];
      this.minimum = Math.min(this.seconds, 0.02);
      this.listen();
      new ResizeObserver(() => this.draw()).observe(this.canvas);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    }

    listen() {
      const act = {
        in: () => this.zoom(0.5), out: () => this.zoom(2), whole: () => this.show(0, this.seconds),
        taller: () => { this.gain *= 1.5; this.draw(); }, flatter: () => { this.gain /= 1.5; this.draw(); },
        next: () => this.jump(1), previous: () => this.jump(-1),
      };
      this.root.querySelectorAll("button[data-act]").forEach((button) =>
        button.addEventListener("click", () => act[button.dataset.act]()));
      const keys = {
        ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2), "+": act.in, "=": act.in, "-": act.out,
        ArrowUp: act.taller, ArrowDown: act.flatter, n: act.next, p: act.previous, 0: act.whole,
      };
      this.canvas.addEventListener("keydown", (event) => {
        if (keys[event.key]) { keys[event.key](); event.preventDefault(); }
      });
      this.canvas.addEventListener("wheel", (event) => {
        if (!event.ctrlKey && !event.metaKey && document.activeElement !== this.canvas) return;
        event.preventDefault();
        this.zoom(event.deltaY > 0 ? 1.25 : 0.8, event.offsetX / this.canvas.clientWidth);
      }, { passive: false });
      const fingers = new Map();
      this.canvas.addEventListener("pointerdown", (event) => {
        this.canvas.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, event.offsetX);
      });
      this.canvas.addEventListener("pointermove", (event) => {
        if (!fingers.has(event.pointerId)) return;
        const before = fingers.get(event.pointerId);
        const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
        fingers.set(event.pointerId, event.offsetX);
        if (others.length) {
          const was = Math.abs(before - others[0]) || 1, now = Math.abs(event.offsetX - others[0]) || 1;
          this.zoom(was / now, (event.offsetX + others[0]) / 2 / this.canvas.clientWidth);
        } else {
          this.pan((before - event.offsetX) / this.canvas.clientWidth);
        }
      });
      const lift = (event) => fingers.delete(event.pointerId);
      this.canvas.addEventListener("pointerup", lift);
      this.canvas.addEventListener("pointercancel", lift);
    }

    show(start, end) {
      const width = Math.min(this.seconds, Math.max(this.minimum, end - start));
      const left = Math.max(0, Math.min(this.seconds - width, start));
      this.view = [left, left + width];
      this.draw();
    }
    zoom(factor, at = 0.5) {
      const [start, end] = this.view, width = (end - start) * factor, centre = start + (end - start) * at;
      this.show(centre - width * at, centre + width * (1 - at));
    }
    pan(share) {
      const [start, end] = this.view, shift = (end - start) * share;
      this.show(start + shift, end + shift);
    }
    jump(step) {
      if (!this.events.length) return;
      if (this.chosen < 0) {
        const middle = (this.view[0] + this.view[1]) / 2;
        const at = this.view[1] - this.view[0] >= this.seconds ? -1 : this.events.findIndex((e) => e.t >= middle) - 1;
        this.chosen = step > 0 ? at : at + 1;
      }
      this.chosen = (this.chosen + step + this.events.length) % this.events.length;
      const event = this.events[this.chosen];
      this.show(event.t - 0.1, event.t + 0.1);
      this.readout.textContent =
        `Twitch ${this.chosen + 1} of ${this.events.length}: ${event.t.toFixed(3)} s, ${event.label}`;
    }

    draw() {
      const ratio = devicePixelRatio || 1, width = this.canvas.clientWidth, height = this.canvas.clientHeight;
      if (!width) return;
      this.canvas.width = width * ratio;
      this.canvas.height = height * ratio;
      const pen = this.canvas.getContext("2d");
      pen.scale(ratio, ratio);
      const [start, end] = this.view, x = (t) => (t - start) / (end - start) * width;
      pen.fillStyle = colour("--line");
      this.excluded.forEach((span) => pen.fillRect(x(span.a), 0, x(span.b) - x(span.a), height - 18));
      const each = (height - 34) / this.traces.length;
      this.traces.forEach((trace, row) => this.drawTrace(pen, trace, x, 16 + row * each, each, width));
      this.events.forEach((event, index) => {
        if (event.t < start || event.t > end) return;
        pen.fillStyle = event.u ? colour(`--unit-${(event.u - 1) % 8 + 1}`) : colour("--faint");
        pen.fillRect(x(event.t) - 1, 2, 2, index === this.chosen ? height - 20 : 11);
        if (end - start < 3 && event.u) { pen.font = "11px system-ui"; pen.fillText(event.u, x(event.t) + 4, 11); }
      });
      pen.strokeStyle = colour("--against");
      this.rejected.forEach((time) => {
        if (time < start || time > end) return;
        pen.beginPath(); pen.arc(x(time), 7, 4, 0, 7); pen.stroke();
      });
      this.drawAxis(pen, x, width, height);
    }

    drawTrace(pen, trace, x, top, height, width) {
      const [start, end] = this.view, middle = top + height / 2;
      const scale = height / 2 / trace.peak * this.gain;
      const y = (value) => Math.max(top, Math.min(top + height, middle - value * scale));
      const perPixel = (end - start) / width / trace.step;
      pen.strokeStyle = colour("--ink");
      pen.lineWidth = 1;
      pen.beginPath();
      if (perPixel >= 1) {
        for (let pixel = 0; pixel < width; pixel++) {
          const from = Math.floor((start + pixel / width * (end - start)) / trace.step);
          const to = Math.min(trace.least.length, Math.max(from + 1, Math.floor(from + perPixel + 1)));
          let low = 32767, high = -32768;
          for (let i = Math.max(0, from); i < to; i++) {
            if (trace.least[i] < low) low = trace.least[i];
            if (trace.greatest[i] > high) high = trace.greatest[i];
          }
          if (high < low) continue;
          pen.moveTo(pixel + 0.5, y(high) - 0.5);
          pen.lineTo(pixel + 0.5, y(low) + 0.5);
        }
      } else {
        const fine = trace.snippets.filter((s) => s.start < end && s.start + s.values.length / trace.rate > start);
        if (fine.length) {
          fine.forEach((s) => s.values.forEach((value, i) => {
            const px = x(s.start + i / trace.rate);
            if (i) pen.lineTo(px, y(value)); else pen.moveTo(px, y(value));
          }));
        } else {
          const first = Math.max(0, Math.floor(start / trace.step) - 1);
          const last = Math.min(trace.least.length - 1, Math.ceil(end / trace.step) + 1);
          for (let i = first; i <= last; i++) {
            const px = x((i + 0.5) * trace.step);
            if (i === first) pen.moveTo(px, y(trace.least[i])); else pen.lineTo(px, y(trace.least[i]));
            pen.lineTo(px, y(trace.greatest[i]));
          }
        }
      }
      pen.stroke();
      pen.fillStyle = colour("--faint");
      pen.font = "11px system-ui";
      pen.fillText(`${trace.channel}  ±${Number((trace.peak * trace.scale / this.gain).toPrecision(2))} ${trace.unit}`, 4, top + 11);
    }

    drawAxis(pen, x, width, height) {
      const [start, end] = this.view, raw = (end - start) / Math.max(3, width / 110);
      const power = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw);
      const digits = Math.max(0, -Math.floor(Math.log10(step)));
      pen.fillStyle = colour("--faint");
      pen.font = "11px system-ui";
      for (let t = Math.ceil(start / step) * step; t <= end; t += step) {
        pen.fillRect(x(t), height - 18, 1, 4);
        pen.fillText(`${t.toFixed(digits)} s`, Math.min(x(t) + 2, width - 40), height - 4);
      }
    }
  }
  document.querySelectorAll(".viewer").forEach((root) => { root.hidden = false; new Viewer(root); });
})();
