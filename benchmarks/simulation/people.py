"""Motor neurons, muscle and active axons of the model beside people, as a Markdown table."""

from __future__ import annotations

import numpy as np

from myolens.simulation import Scenario
from myolens.simulation.activity import after_activity
from myolens.simulation.axon import AxonState
from myolens.simulation.excitability import battery, threshold_pa
from myolens.simulation.fatigue import hold, rested
from myolens.simulation.fibres import RECOVERY_HEIGHT, recovered_speed
from myolens.simulation.hysteresis import delta_frequency_hz
from myolens.simulation.motoneurons import peak_rates_hz, recruitment_thresholds, voluntary_trains
from myolens.simulation.parameters import Pool
from myolens.simulation.soma import CELLS, respond

TRAIN, EFFORT = [(8.0, 600.0)], [(31.0, 60.0)]


def delta_hz(effort: float, **pool: float) -> tuple[float, float]:
    """Mean and SD of ΔF over pairs of units in a triangular contraction."""
    scenario = Scenario(
        seconds=28, drive=((0, 0), (1, 0), (13, effort), (25, 0)), pool=Pool(common_drive=0.01, **pool)
    )
    trains = [train.times_s for train in voluntary_trains(scenario, np.ones(200, bool))]
    early, late = trains[: len(trains) // 2 : 5], trains[::5]
    pairs = [delta_frequency_hz(one, other) for one in early for other in late if other[0] > one[0]]
    return float(np.nanmean(pairs)), float(np.nanstd(pairs))


def sustained_hz() -> float:
    """Rate at which a slow neuron goes on after a pulse of input."""
    current = np.full(150_000, 2.0)
    current[25_000:75_000] = 10.0
    times = respond(CELLS["slow"], current, step_ms=0.02).times_ms
    return float(1000 / np.diff(times[times > 2000]).mean())


def hardest_hz() -> tuple[float, float]:
    """Mean and SD over the pool of the rates of a maximal effort."""
    peaks = peak_rates_hz(recruitment_thresholds(200, Pool()), Pool())
    return float(peaks.mean()), float(peaks.std())


def rows() -> list[tuple[str, str, str, str]]:
    """What, in people, in the model, source."""
    level = {effort: delta_hz(effort) for effort in (0.1, 0.2, 0.3)}
    tone = {tone: delta_hz(0.2, arousal=tone)[0] for tone in (0.5, 2.0)}
    first = hold(0.5, 110)
    again = [
        100 * hold(0.5, 110, left=rested(first.left, rest)).endurance_s / first.endurance_s
        for rest in (5, 2560)
    ]
    well = AxonState()

    def raised(bouts: list[tuple[float, float]], width_ms: float = 1.0) -> float:
        after = threshold_pa(after_activity(well, bouts), width_ms=width_ms)
        return 100 * (after / threshold_pa(well, width_ms=width_ms) - 1)

    before, after = battery(well).indices, battery(after_activity(well, EFFORT)).indices
    shorter = 100 * (after["sdtc_ms"] / before["sdtc_ms"] - 1)
    speed = 100 * (recovered_speed(np.array([6.0, 10.0]), RECOVERY_HEIGHT) - 1)
    peak, spread = hardest_hz()
    foley, orssatto = "Foley & Kalmar 2019", "Orssatto 2021 (preprint)"
    stull, kiernan = "Stull & Kearney 1978", "Kiernan 2004"
    return [
        ("ΔF to 20 %, pulses/s", "3.15 ± 1.45 sitting, 2.64 ± 0.95 standing (soleus)",
         f"{level[0.2][0]:.2f} ± {level[0.2][1]:.2f}", foley),
        ("more ΔF to 20 % than to 10 %", "0.6 soleus, 1.2 gastrocnemius",
         f"{level[0.2][0] - level[0.1][0]:.1f}", orssatto),
        ("more ΔF to 30 % than to 20 %", "0.5 soleus, 0.1 gastrocnemius",
         f"{level[0.3][0] - level[0.2][0]:.1f}", orssatto),
        ("ΔF at tone 0.5 and 2", "no figures", f"{tone[0.5]:.1f} and {tone[2.0]:.1f}", "prediction"),
        ("rate kept up after a pulse, Hz", "a low preferred range (no figure given)", f"{sustained_hz():.1f}",
         "Kiehn & Eken 1997"),
        ("rates of a maximal effort, Hz", "31.1 ± 10.1 biceps, 10.7 ± 2.9 soleus",
         f"{peak:.1f} ± {spread:.1f}", "Bellemare 1983"),
        ("endurance at 50 %, s", "120 (grip)", f"{first.endurance_s:.0f}", stull),
        ("endurance at 20 %, s", "180 men, 252 women (knee); 720, 1068 (elbow)",
         f"{hold(0.2, 520).endurance_s:.0f}", "Maughan 1986; Hunter (abstract)"),
        ("force after 1 min of maximal effort, %", "about 50 (first dorsal interosseous)",
         f"{100 * hold(1.0, 60).force[-1]:.0f}", "Stephens & Taylor 1972"),
        ("second endurance at 50 % after 5 s and 43 min, % of the first", "20 and 87",
         f"{again[0]:.0f} and {again[1]:.0f}", stull),
        ("threshold after 10 min at 8 Hz, 1 ms, %", "+16.4", f"{raised(TRAIN):+.1f} (fitted)", kiernan),
        ("the same, 0.1 ms, %", "+9.9", f"{raised(TRAIN, 0.1):+.1f}", kiernan),
        ("threshold after 1 min of maximal effort, %", "+19.6 ± 3.5; +24", f"{raised(EFFORT):+.1f}",
         "Vucic 2007; Vagg 1998"),
        ("time constant after it, %", "−10 ± 2.5", f"{shorter:+.0f}", "Vucic 2007"),
        ("threshold 15 min later, %", "recovered", f"{raised([*EFFORT, (0.0, 900.0)]):+.1f}", "Vagg 1998"),
        ("second impulse of a fibre after 6–10 ms, % faster", "10–20", f"{speed[0]:.0f}–{speed[1]:.0f}",
         "Buchthal & Engbaek 1963"),
    ]  # fmt: skip


def people_table() -> str:
    """The table."""
    lines = ["| what | people | model | source |", "|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows()])
