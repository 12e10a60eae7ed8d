"""The experiment behind the recording that comes with the package."""

from __future__ import annotations

from dataclasses import replace

from myolens.simulation.scenario import Scenario

EXAMPLE_SEED = 41


def example_scenario() -> Scenario:
    """Two minutes of the left biceps of a woman of 41 with benign fasciculation.

    Two pairs of electrodes on the relaxed muscle at 1000 samples per second; half-way she
    moves the arm for six seconds; mains hum, a slowly wandering baseline, and one electrode pop.
    As a 16-bit EDF it takes 0.5 MB.
    """
    scenario = Scenario.for_cause(
        "benign_fasciculation",
        severity=2.0,
        seconds=120,
        rate=1000,
        electrodes="bipolar 2",
        drive=((0, 0), (58, 0), (59, 0.12), (63, 0.12), (64, 0)),
        noise_uv=3.0,
        mains_uv=4.0,
        seed=EXAMPLE_SEED,
    )
    return replace(
        scenario,
        # Women of 40 have about 6 mm of fat over biceps at rest; 5 mm leaves room for thin arms (estimate).
        muscle=replace(scenario.muscle, fat_mm=5.0, width_mm=24, thickness_mm=19),
        artefacts=replace(scenario.artefacts, pops=1),
    )
