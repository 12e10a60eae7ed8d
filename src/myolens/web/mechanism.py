"""The model axon under sliders: what it does when stimulated, what it does by itself, what the skin shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from myolens.reports.svg import SCREEN, Scale, bottom_axis, left_axis, line, picture, polyline, text
from myolens.simulation import Scenario, simulate
from myolens.simulation.axon import AxonState, resting_potential_mv, simulate_axon, vary
from myolens.simulation.axon_causes import CAUSES, altered
from myolens.simulation.ectopic import discharge_times
from myolens.simulation.excitability import healthy_threshold_pa, threshold_pa

SECONDS = 10.0
SKIN_RATE = 1000.0
SKIN_NOISE_UV = 3.0
DT_MS = 0.01


@dataclass(frozen=True, slots=True)
class Slider:
    """One knob a person may turn: its range, its healthy value and its unit."""

    knob: str
    low: float
    high: float
    step: float
    healthy: float
    unit: str


SLIDERS = (
    Slider("potassium_mm", 1.5, 8.0, 0.1, 4.2, "mmol/L"),
    Slider("calcium_mm", 0.5, 1.8, 0.05, 1.2, "mmol/L"),
    Slider("magnesium_mm", 0.1, 2.0, 0.05, 0.55, "mmol/L"),
    Slider("temperature_c", 25.0, 40.0, 0.5, 33.0, "°C"),
    Slider("pump", 0.3, 1.5, 0.05, 1.0, "×"),
    Slider("periaxonal_potassium_mm", 0.0, 4.0, 0.1, 0.0, "mmol/L"),
    Slider("drive_percent", 0.5, 2.5, 0.05, 1.0, "×"),
)
"""`periaxonal_potassium_mm` stands for compression with poor blood flow, `drive_percent` for the
random drive at the ending that caffeine and arousal are taken to raise."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What the axon did.

    ``resting_mv`` and ``threshold_percent`` (of healthy) are None where the axon has no
    resting state; ``times_s`` are its spontaneous discharges in ten seconds.
    """

    resting_mv: float | None
    threshold_percent: float | None
    times_s: NDArray[np.float64]
    action_potential: str
    skin: str


def turned(cause: str, values: dict[str, float]) -> AxonState:
    """The axon of a cause (healthy when empty) with the sliders that were moved.

    Raises
    ------
    InputError
        For an unknown cause or values no living axon has.
    """
    state = altered(cause) if cause else AxonState()
    moved = {s.knob: values[s.knob] for s in SLIDERS if abs(values[s.knob] - s.healthy) > s.step / 2}
    if not moved:
        return state
    trunk = vary(replace(state, site=None), **moved)
    if state.site is None:
        return trunk
    return replace(trunk, site=vary(state.site, **moved))


def run(cause: str, values: dict[str, float], *, seed: int = 1) -> Answer:
    """Run the axon and draw what it did."""
    state = turned(cause, values)
    resting = resting_potential_mv(state)
    if not np.isfinite(resting):
        times = discharge_times(state, seconds=SECONDS, seed=seed)
        return Answer(None, None, times, _action_potential(state), _skin(times, seed))
    healthy = healthy_threshold_pa(state.control)
    times = discharge_times(state, seconds=SECONDS, seed=seed)
    threshold = threshold_pa(state) / healthy * 100
    return Answer(
        float(resting),
        float(threshold) if np.isfinite(threshold) else None,
        times,
        _action_potential(state),
        _skin(times, seed),
    )


def presets() -> dict[str, str]:
    """Causes that act on the axon, with the sentence that says how."""
    return {code: cause.why for code, cause in CAUSES.items() if cause.acts_on_axon}


def _action_potential(state: AxonState) -> str:
    """Healthy (dashed) and present node potential after the same 1-ms stimulus."""
    stimulus = np.zeros(int(12 / DT_MS))
    stimulus[int(1 / DT_MS) : int(2 / DT_MS)] = 1.2 * healthy_threshold_pa(state.control)
    trace = simulate_axon(
        [AxonState(), replace(state, site=None)], stimulus_pa=stimulus, dt_ms=DT_MS, sample_every=4
    )
    x, y = Scale(0, 12, 44, 340), Scale(-120, 60, 170, 24)
    body = [*left_axis(y, 44, label="mV", theme=SCREEN), *bottom_axis(x, 170, label="ms", theme=SCREEN)]
    for row, colour, width in ((0, SCREEN.faint, 1.0), (1, SCREEN.accent, 2.0)):
        points = np.clip(trace.node_mv[row], -120, 60)
        body.append(
            polyline([x(v) for v in trace.time_ms], [y(float(v)) for v in points], stroke=colour, width=width)
        )
    body.append(text(336, 34, "thin: healthy", fill=SCREEN.faint, anchor="end"))
    return picture(352, 204, body, title="Potential of the node after a stimulus, healthy and now")


@cache
def _potential_uv() -> NDArray[np.float64]:
    """A motor unit's potential at the skin over the biceps, from the muscle model, µV at 1 kHz."""
    scenario = Scenario.for_cause("benign_fasciculation", seconds=60, rate=SKIN_RATE, noise_uv=0.0, seed=3)
    simulation = simulate(scenario)
    recording = simulation.recording
    first = max(simulation.truth, key=lambda discharge: discharge.peak_to_peak_uv)
    centre = round(first.time_s * recording.rate)
    values = recording.microvolts(max(0, centre - 20), centre + 20, [0])[0].astype(np.float64)
    return np.asarray(values - np.median(values))


def _skin(times: NDArray[np.float64], seed: int) -> str:
    """Ten seconds of the skin's EMG with a unit potential at each discharge."""
    shape = _potential_uv()
    size = int(SECONDS * SKIN_RATE)
    values = np.random.default_rng(seed).normal(0, SKIN_NOISE_UV, size + shape.size)
    for time in times:
        start = int(time * SKIN_RATE)
        values[start : start + shape.size] += shape
    values = values[:size]
    reach = max(30.0, float(np.abs(values).max()))
    x, y = Scale(0, SECONDS, 44, 700), Scale(-reach, reach, 150, 30)
    columns = values.reshape(-1, 10)
    at = (np.arange(columns.shape[0]) + 0.5) * 10 / SKIN_RATE
    low, high = columns.min(axis=1), columns.max(axis=1)
    xs = np.repeat([x(float(t)) for t in at], 2)
    ys = np.column_stack([[y(float(v)) for v in low], [y(float(v)) for v in high]]).ravel()
    body = [*left_axis(y, 44, label="µV", theme=SCREEN), polyline(xs, ys, stroke=SCREEN.ink, width=0.8)]
    body += [line(x(float(t)), 14, x(float(t)), 24, stroke=SCREEN.accent, width=1.4) for t in times[:400]]
    body += bottom_axis(x, 150, label="seconds", theme=SCREEN)
    return picture(710, 186, body, title=f"Ten seconds at the skin: {times.size} discharges")
