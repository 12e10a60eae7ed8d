"""Pictures of the mechanism: every cause at rest, the motor neuron, compression and ectopic firing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.simulation.drawing import INK, PALE, envelope, path_of, svg, text
from myolens.simulation import Scenario, causes, simulate
from myolens.simulation.cable import Pulse, propagate
from myolens.simulation.nerve_fibre import Fibre, InternodeChange, NodeChange
from myolens.simulation.soma import CELLS, respond

RED = "#b03a2e"


WINDOWS_S = (2, 10, 30, 120)
"""Lengths of what is shown; the shortest that holds a dozen discharges, or two minutes."""


def every_cause():
    """Rest under every cause that acts on nerve or muscle, each over a length that shows what it does."""
    parts, height, left, wide = [], 30, 200, 440
    codes = ["healthy", *sorted(causes())]
    for row, code in enumerate(codes):
        settings = {"seconds": 120, "electrodes": "bipolar", "rate": 1000, "seed": 23}
        scenario = Scenario(**settings) if code == "healthy" else Scenario.for_cause(code, **settings)
        scenario = replace(scenario, ectopic=replace(scenario.ectopic, size_bias=1.0))
        made = simulate(scenario)
        times = np.array([discharge.time_s for discharge in made.truth])
        window = next((w for w in WINDOWS_S if np.count_nonzero(times < w) >= 12), WINDOWS_S[-1])
        shown = made.recording.physical()[0, : window * 1000]
        trace = np.clip(envelope(shown, 200), -140, 140)
        x, middle = left + np.arange(trace.size) * wide / trace.size, 24 + row * height
        count = int(np.count_nonzero(times < window))
        length = "2 min" if window == 120 else f"{window} s"
        parts += [text(8, middle + 4, code.replace("_", " ")), path_of(x, middle + trace * 0.1, width=0.6)]
        parts.append(path_of([left + wide * k / 4 for k in range(5)], [middle + 14] * 5, "#dddddd"))
        parts += [
            path_of([left + wide * k / 4] * 2, [middle + 12, middle + 16], "#bbbbbb", 1) for k in range(5)
        ]
        if count <= 60:
            at = left + times[times < window] * wide / window
            parts += [path_of([x, x], [middle + 9, middle + 14], RED, 1.2) for x in at]
        words = "silent" if count == 0 else f"{count} discharge{'s' if count > 1 else ''}"
        parts.append(text(left + wide + 8, middle + 4, f"{words} in {length}", 10))
    bottom = 30 + len(codes) * height
    parts += [
        path_of([8, 8], [bottom - 10, bottom], PALE, 2),
        text(14, bottom - 1, "100 µV"),
        text(
            left,
            bottom - 1,
            "at rest, severity 1; each line has its own length, in quarters; red: true discharges",
            10,
        ),
    ]
    svg("every-cause.svg", 770, bottom + 8, "Simulated recordings at rest under every cause", parts)


def motor_neuron():
    """Discharge rate of the two-compartment neuron while its input rises and falls."""
    step, half = 0.025, 400_000
    up = np.arange(half) / half * 12.0
    current = np.concatenate([up, up[::-1]])
    time = np.arange(current.size) * step
    parts = [text(20, 20, "A slow motor neuron: discharge rate while its input rises and falls", 13)]
    for column, (label, change) in enumerate(
        [
            ("at rest tone", {}),
            ("tone 1.5", {"tone": 1.5}),
            ("1.5, inhibited", {"tone": 1.5, "inhibition": 0.03}),
        ]
    ):
        left = 50 + column * 220
        times = respond(replace(CELLS["slow"], **change), current, step_ms=step).times_ms
        rate = 1000 / np.diff(times)
        at, rising = np.interp(times[1:], time, current), times[1:] < time[half]
        for which, colour in ((rising, INK), (~rising, RED)):
            if np.any(which):
                y = 240 - rate[which] * 4
                parts.append(path_of(left + at[which] * 15, y, colour, 1.6))
        parts += [
            path_of([left, left, left + 180], [50, 240, 240], PALE),
            text(left + 4, 46, label),
            text(left + 180, 256, "12 nA", anchor="end"),
            text(left - 4, 84, "40 Hz", 9, "end"),
        ]
    parts += [text(50, 276, "rising"), path_of([90, 120], [272, 272], INK, 2)]
    parts += [text(140, 276, "falling"), path_of([182, 212], [272, 272], RED, 2)]
    svg("motor-neuron.svg", 700, 290, "Hysteresis of the motor neuron grows with its inward current", parts)


def cable():
    """An impulse in a healthy, a compressed and a blocked fibre, and one that a node starts by itself."""
    kick = (Pulse(node=2, start_ms=0.2, duration_ms=0.1, current_na=2.0),)
    shown = [
        ("healthy", Fibre(), kick),
        ("compressed", _compressed(0.2, 5.0), kick),
        ("blocked", _compressed(0.1, 10.0), kick),
        ("a node fires by itself", Fibre(changes=(NodeChange(nodes=(10,), bias_na=0.4),)), ()),
    ]
    parts = []
    for column, (label, fibre, pulses) in enumerate(shown):
        made = propagate(fibre, pulses=pulses, duration_ms=2.0 if pulses else 40.0, sample_every=2)
        start = 0.0 if pulses else float(made.spike_times_ms[0][10][0]) - 0.4
        inside = (made.time_ms >= start) & (made.time_ms < start + 1.6)
        left = 20 + column * 175
        parts.append(text(left, 20, label, 12))
        for row, node in enumerate(range(3, 19, 2)):
            x = left + (made.time_ms[inside] - start) * 95
            colour = RED if column and node in (9, 11) else INK
            parts.append(path_of(x, 80 + row * 36 - (made.node_mv[0, node, inside] + 80) * 0.35, colour, 1.1))
    parts += [
        path_of([20, 20 + 47.5], [352, 352], PALE, 2),
        text(72, 356, "0.5 ms; every second node from 3 to 17"),
    ]
    svg(
        "cable.svg",
        720,
        366,
        "Conduction, compression, block and an ectopic impulse in the double cable",
        parts,
    )


def _compressed(lamellae: float, leak: float) -> Fibre:
    return Fibre(changes=(InternodeChange(internodes=(10,), lamellae=lamellae, myelin_conductance=leak),))
