"""The scenario's axon: what its ions and channels are, and when it fires by itself."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
    from myolens.simulation.axon_causes import CAUSES, altered

    state = AxonState()
    if scenario.cause in CAUSES:
        state = altered(scenario.cause, scenario.severity)
    knobs = axon_changed(scenario)
    if not knobs:
        return state
    site = None if state.site is None else vary(state.site, **knobs)
    return replace(vary(state, **knobs), site=site)


def axon_discharges(scenario: Scenario, sites: int) -> list[NDArray[np.float64]]:
    """Run the model axon of each site for the whole recording; times in seconds."""
    from myolens.simulation.ectopic import discharge_times_of

    state = axon_state(scenario)
    return discharge_times_of([state] * sites, seconds=scenario.seconds, seed=scenario.seed)


def calcium_and_magnesium_mm(scenario: Scenario) -> tuple[float, float]:
    """Ionised calcium and magnesium at the junction, those that bathe the axon."""
    milieu = axon_state(scenario).milieu
    return milieu.calcium_mm, milieu.magnesium_mm


def scenario_junction(scenario: Scenario) -> Junction:
    """Return the muscle's junctions as they work in this scenario's blood."""
    calcium, magnesium = calcium_and_magnesium_mm(scenario)
    return in_blood(scenario.junction, calcium_mm=calcium, magnesium_mm=magnesium)
