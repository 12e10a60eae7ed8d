"""The experiment behind the recording that comes with the package."""

from __future__ import annotations

from dataclasses import replace

from myolens.simulation.scenario import Scenario

EXAMPLE_SEED = 141


def example_scenario() -> Scenario:
    """Two minutes of the left biceps of a woman of 41 with benign fasciculation.

    Two pairs of electrodes on the relaxed muscle at 1000 samples per second; towards the
    end she moves the arm for six seconds; mains hum, a slowly wandering baseline, and one electrode pop.
    As a 16-bit EDF it takes 0.5 MB.
    """
    scenario = Scenario.for_cause(
        "benign_fasciculation",
        severity=2.0,
        seconds=120,
        rate=1000,
        electrodes="bipolar 2",
        drive=((0, 0), (102, 0), (103, 0.12), (107, 0.12), (108, 0)),
        noise_uv=3.0,
        mains_uv=4.0,
        seed=EXAMPLE_SEED,
    )
    return replace(
        scenario,
        muscle=replace(scenario.muscle, fat_mm=4.5, width_mm=24, thickness_mm=19),
        # Three places, in larger units: those whose potentials reach the skin.
        ectopic=replace(scenario.ectopic, sites=3, size_bias=1.0),
        artefacts=replace(scenario.artefacts, pops=1),
    )
