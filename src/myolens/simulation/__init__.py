"""The mechanism: from ions and nerve to a recording with known truth."""

from __future__ import annotations

from myolens.simulation.causes import causes, without_mechanism
from myolens.simulation.example import example_scenario
from myolens.simulation.experiment import Discharge, Simulation, simulate
from myolens.simulation.export import save, truth_json
from myolens.simulation.scenario import Scenario, parameters, scenario_with

__all__ = [
    "Discharge",
    "Scenario",
    "Simulation",
    "causes",
    "example_scenario",
    "parameters",
    "save",
    "scenario_with",
    "simulate",
    "truth_json",
    "without_mechanism",
]
