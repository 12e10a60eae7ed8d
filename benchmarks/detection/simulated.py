"""Truth from the model: recordings of `myolens.simulation` as mixtures, apart from any real potential."""

from __future__ import annotations

import numpy as np

from benchmarks.detection.mixtures import Mixture

ELECTRODES = ("bipolar", "bipolar 4", "grid 8x8")
LEAST_RATIO = 5.0


def simulated(electrodes: str, seed: int, seconds: float) -> Mixture:
    """Fasciculations of a model muscle; a discharge counts if its peak is five times the noise or more."""
    from myolens.simulation import Scenario, simulate

    scenario = Scenario.for_cause("motor_neuron_disease", seconds=seconds, electrodes=electrodes, seed=seed)
    made = simulate(scenario)
    wanted = [
        d for d in made.truth if np.abs(made.potentials[d.unit]).max() >= LEAST_RATIO * scenario.noise_uv
    ]
    return Mixture(
        f"model, {electrodes}, seed {seed}",
        made.recording,
        np.array([d.time_s for d in wanted]),
        np.array([d.unit for d in wanted], np.int64),
        np.array([d.peak_to_peak_uv / 2 / scenario.noise_uv for d in wanted]),
        [(span.start_s, span.end_s) for span in made.voluntary],
    )
