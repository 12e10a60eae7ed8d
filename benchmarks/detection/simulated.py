"""Truth from the model: recordings of `myolens.simulation` as mixtures, apart from any real potential."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.detection.mixtures import Mixture, lobes

ELECTRODES = ("bipolar", "bipolar 4", "grid 8x8")
LEAST_RATIO = 5.0

LOBE = 0.5
"""Under an array a potential is large at the end plates and, 10–17 ms later, where the fibres end. As noise
differs between channels by up to a factor of two, a lobe of half the size may stand out most."""


def simulated(electrodes: str, seed: int, seconds: float) -> Mixture:
    """Fasciculations of a model muscle; a discharge counts if its peak is five times the noise or more.

    A smaller one that is found is neither a hit nor a false alarm.
    """
    from myolens.simulation import Discharge, Scenario, simulate

    scenario = Scenario.for_cause("motor_neuron_disease", seconds=seconds, electrodes=electrodes, seed=seed)
    made = simulate(scenario)

    def large(discharge: Discharge) -> bool:
        return bool(np.abs(made.potentials[discharge.unit]).max() >= LEAST_RATIO * scenario.noise_uv)

    def instants(discharges: list[Discharge]) -> NDArray[np.float64]:
        found = [_instants(d.time_s, made.potentials[d.unit], scenario.rate) for d in discharges]
        return np.array(found).reshape(-1, 2)

    wanted = [d for d in made.truth if large(d)]
    return Mixture(
        f"model, {electrodes}, seed {seed}",
        made.recording,
        instants(wanted),
        np.array([d.unit for d in wanted], np.int64),
        np.array([d.peak_to_peak_uv / 2 / scenario.noise_uv for d in wanted]),
        [(span.start_s, span.end_s) for span in made.voluntary],
        instants([d for d in made.truth if not large(d)]),
    )


def _instants(time_s: float, potential: NDArray[np.float32], rate: float) -> tuple[float, float]:
    """First and last lobe that may stand out, of a discharge of which the largest deflection is known."""
    wave = potential.T.astype(np.float64)
    first, last = lobes(wave, LOBE)
    peak = int(np.argmax(np.max(np.abs(wave), axis=0)))
    return time_s + (first - peak) / rate, time_s + (last - peak) / rate
