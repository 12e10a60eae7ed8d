"""Draw the pictures of docs/simulation.md and write its table, from the simulation itself.

    python -m benchmarks.simulation.pictures

Pictures are small SVG files under docs/pictures; everything in them is simulated with a fixed seed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.simulation.drawing import INK, PALE, PICTURES, envelope, path_of, svg, text
from benchmarks.simulation.mechanism import cable, every_cause, motor_neuron
from benchmarks.simulation.people import people_table
from myolens.simulation import Scenario, causes, simulate, without_mechanism
from myolens.simulation.axon_causes import CAUSES as AXON_CAUSES
from myolens.simulation.electrodes import place
from myolens.simulation.junction import compound_response
from myolens.simulation.muscle import motor_units
from myolens.simulation.parameters import Artefacts
from myolens.simulation.potentials import unit_potentials

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "simulation.md"
SHOWN = {
    "healthy": "Healthy",
    "benign_fasciculation": "Benign fasciculation",
    "motor_neuron_disease": "Motor neuron disease",
    "nerve_hyperexcitability": "Nerve hyperexcitability",
    "plexopathy": "Plexopathy (myokymia)",
    "hypocalcaemia": "Low calcium",
    "hypokalaemia": "Low potassium",
    "myasthenia_gravis": "Myasthenia",
    "tremor": "Tremor",
}


def recordings():
    """Forty seconds at rest under several causes, all at the same scale."""
    parts, height = [], 58
    for row, (code, label) in enumerate(SHOWN.items()):
        settings = {"seconds": 40, "electrodes": "bipolar", "rate": 1000, "seed": 23}
        if code == "healthy":
            scenario = Scenario(**settings)
        else:
            scenario = Scenario.for_cause(code, severity=1.5, **settings)
        # Sites in larger units, whose potentials reach the skin.
        scenario = replace(scenario, ectopic=replace(scenario.ectopic, size_bias=1.0))
        trace = np.clip(envelope(simulate(scenario).recording.physical()[0], 260), -140, 140)
        middle = 34 + row * height
        x = 150 + np.arange(trace.size) * 560 / trace.size
        parts += [text(8, middle + 4, label), path_of(x, middle + trace * 0.19)]
    bottom = 34 + len(SHOWN) * height
    parts += [
        path_of([640, 640], [bottom - 26, bottom - 26 + 19], PALE, 2),
        text(646, bottom - 12, "100 µV"),
        text(150, bottom - 8, "40 s, one pair of electrodes over the relaxed muscle, severity 1.5"),
    ]
    svg("recordings.svg", 730, bottom + 6, "Simulated recordings at rest under nine causes", parts)


def needle_potentials():
    """Potentials of the same unit, healthy and diseased, at a concentric needle."""
    parts = []
    for column, (code, label) in enumerate(
        [("healthy", "Healthy"), ("motor_neuron_disease", "Reinnervated"), ("myopathy", "Muscle disease")]
    ):
        settings = {"electrodes": "needle", "rate": 20_000.0, "seconds": 1.0}
        scenario = Scenario(**settings) if code == "healthy" else Scenario.for_cause(code, **settings)
        units = motor_units(scenario)
        for row, unit in enumerate([index for index in (20, 45, 70, 95) if units.alive[index]][:3]):
            units.x_mm[unit], units.y_mm[unit] = 0.0, place(scenario).core_mm[:, 1].mean()
            shape = unit_potentials(scenario, units, place(scenario), [unit])[0].waveform[::4, 0][:120]
            x = 20 + column * 235 + np.arange(shape.size) * 1.7
            parts.append(path_of(x, 85 + row * 105 + shape * 0.025, width=1.1))
        parts.append(text(20 + column * 235, 20, label, 13))
    parts += [
        path_of([560, 560 + 85], [345, 345], PALE, 2),
        text(650, 349, "10 ms"),
        path_of([560, 560], [345, 320], PALE, 2),
        text(535, 322, "1 mV"),
    ]
    svg("needle.svg", 720, 360, "Motor-unit potentials at a needle: healthy, reinnervated, myopathic", parts)


def grid():
    """One fasciculation on a grid of 8 × 8."""
    scenario = replace(
        Scenario.for_cause("benign_fasciculation", severity=2, seconds=60, electrodes="grid 8x8", seed=5),
        noise_uv=0, mains_uv=0, artefacts=Artefacts(wander_uv=0),
    )  # fmt: skip
    made = simulate(scenario)
    largest = max(made.fasciculations(), key=lambda d: d.peak_to_peak_uv)
    shape = made.potentials[largest.unit][:80]
    scale = 20 / np.abs(shape).max()
    parts = [text(10, 18, f"One fasciculation on a grid of 8 × 8, {largest.peak_to_peak_uv:.0f} µV", 13)]
    for channel in range(64):
        row, column = divmod(channel, 8)
        x = 12 + column * 62 + np.arange(shape.shape[0]) * 0.68
        parts.append(path_of(x, 55 + row * 44 + shape[:, channel] * scale, width=0.9))
    svg("grid.svg", 515, 400, "A simulated fasciculation on 64 surface electrodes", parts)


def decrement():
    """Ten stimuli at three per second: healthy and myasthenic junctions."""
    times = np.arange(10) / 3
    parts = [text(30, 20, "Response to stimuli at 3 per second, of the first", 13)]
    for share in (1.0, 0.8, 0.6):
        y = 40 + (1 - share) * 300
        parts += [path_of([50, 480], [y, y], "#dddddd"), text(44, y + 4, f"{share:.0%}", anchor="end")]
    for label, junction, colour in [
        ("healthy", Scenario().junction, PALE),
        ("myasthenia", Scenario.for_cause("myasthenia_gravis").junction, INK),
    ]:
        course = compound_response(times, junction)
        x, y = 60 + np.arange(10) * 42, 40 + (1 - course) * 300
        parts += [
            f'<circle cx="{a:.0f}" cy="{b:.1f}" r="4" fill="{colour}"/>' for a, b in zip(x, y, strict=True)
        ]
        parts.append(text(484, y[-1] + 4, label))
    svg("decrement.svg", 570, 200, "Decrement in myasthenia", parts)


def table() -> str:
    """Cause → parameters → what is seen, as a Markdown table."""
    lines = ["| cause | what changes at severity 1 → 2 (strength) | what is seen |", "|---|---|---|"]
    for code, cause in sorted(causes().items()):
        changes = [f"`{c.setting}` {c.typical:g} → {c.severe:g} ({c.strength})" for c in cause.changes] or [
            "motor neurons, junction and muscle: nothing"
        ]
        axon = AXON_CAUSES.get(code)
        if axon is not None and axon.site:
            knobs = ", ".join(f"{knob} {value:g}" for knob, value in axon.site.items())
            changes.append(f"axon: {knobs} ({axon.strength})")
        where = f" Shown in {cause.muscle.replace('_', ' ')}." if cause.muscle else ""
        lines.append(f"| {code} | {'; '.join(changes)} | {cause.seen} {cause.why}{where} |")
    lines += ["", "Not simulated, because nothing in nerve or muscle changes:", ""]
    lines += [f"- {code}: {why}" for code, why in sorted(without_mechanism().items())]
    return "\n".join(lines)


def main() -> None:
    recordings()
    needle_potentials()
    grid()
    decrement()
    every_cause()
    motor_neuron()
    cable()
    page = PAGE.read_text(encoding="utf-8")
    for name, made in (("causes", table()), ("people", people_table())):
        begins, ends = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        before, rest = page.split(begins)
        page = before + begins + made + "\n" + ends + rest.split(ends)[1]
    PAGE.write_text(page, encoding="utf-8")
    for picture in sorted(PICTURES.glob("*.svg")):
        print(picture.name, picture.stat().st_size)


if __name__ == "__main__":
    main()
