"""The scenario's axon: what its ions and channels are, and when it fires by itself."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.simulation.junction import in_blood
from myolens.simulation.parameters import Axon, Junction
from myolens.simulation.scenario import Scenario

if TYPE_CHECKING:
    from myolens.simulation.axon import AxonState

SITES_WATCHED = 4
"""Without a cause that names sites, so many places are watched for spontaneous firing."""


def axon_changed(scenario: Scenario) -> dict[str, float]:
    """Settings of ``axon.*`` that differ from a healthy person's."""
    return {
        item.name: getattr(scenario.axon, item.name)
        for item in fields(Axon)
        if getattr(scenario.axon, item.name) != item.default
    }


def axon_state(scenario: Scenario) -> AxonState:
    """Return the axon under the scenario's cause, with the scenario's own ``axon.*`` settings on top.

    Blood values replace those of the cause; factors and shifts come on top of them.
    """
    from myolens.simulation.axon import AxonState, vary
    from myolens.simulation.axon_causes import CAUSES

    state = AxonState()
    if scenario.cause in CAUSES:
        state = _bearable(scenario.cause, scenario.severity)
    knobs = axon_changed(scenario)
    if not knobs:
        return state
    site = None if state.site is None else vary(state.site, **knobs)
    return replace(vary(state, **knobs), site=site)


def _bearable(cause: str, severity: float) -> AxonState:
    """Return the axon at a severity, or at the worst a living person could have before it."""
    from myolens.simulation.axon_causes import altered

    for level in np.linspace(severity, min(severity, 1.0), 9):
        try:
            return altered(cause, float(level))
        except InputError:
            continue
    return altered(cause)


def axon_discharges(scenario: Scenario, sites: int) -> list[NDArray[np.float64]]:
    """Run the model axon of each site for the whole recording; times in seconds."""
    from myolens.simulation.ectopic import discharge_times_of

    state = axon_state(scenario)
    return discharge_times_of([state] * sites, seconds=scenario.seconds, seed=scenario.seed)


def calcium_and_magnesium_mm(scenario: Scenario) -> tuple[float, float]:
    """Ionised calcium and magnesium at the junction.

    Those of the cause grow as ratios with severity, so that no severity empties the blood; values
    set for the axon replace them.
    """
    own, healthy = scenario.axon, Axon()
    calcium, magnesium = healthy.calcium_mm, healthy.magnesium_mm
    if scenario.cause != "healthy":
        typical = axon_state(replace(scenario, severity=1.0, axon=healthy)).milieu
        calcium *= (typical.calcium_mm / calcium) ** scenario.severity
        magnesium *= (typical.magnesium_mm / magnesium) ** scenario.severity
    if own.calcium_mm != healthy.calcium_mm:
        calcium = own.calcium_mm
    if own.magnesium_mm != healthy.magnesium_mm:
        magnesium = own.magnesium_mm
    return calcium, magnesium


def scenario_junction(scenario: Scenario) -> Junction:
    """Return the muscle's junctions as they work in this scenario's blood."""
    calcium, magnesium = calcium_and_magnesium_mm(scenario)
    return in_blood(scenario.junction, calcium_mm=calcium, magnesium_mm=magnesium)
