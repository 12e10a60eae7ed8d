"""Myolens: measure, explain and follow muscle twitches.

Six verbs are the whole public API: `read`, `analyze`, `simulate`, `assess`,
`report`, and `Diary` for what is kept over time. They are imported when first
used, so that ``import myolens`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from myolens.assessment import Assessment, assess
    from myolens.case import Case, Finding, Lab, read_case, read_cases, write_case
    from myolens.diary import Diary
    from myolens.emg import Analysis, analyze
    from myolens.errors import InputError
    from myolens.readers import read
    from myolens.recording import Annotation, Channel, ChannelKind, Recording, Span
    from myolens.reports import report
    from myolens.simulation import Scenario, simulate

__version__ = "0.1.0"

_HOMES = {
    "read": "myolens.readers",
    "analyze": "myolens.emg",
    "simulate": "myolens.simulation",
    "assess": "myolens.assessment",
    "report": "myolens.reports",
    "Diary": "myolens.diary",
    "Analysis": "myolens.emg",
    "Annotation": "myolens.recording",
    "Assessment": "myolens.assessment",
    "Case": "myolens.case",
    "Channel": "myolens.recording",
    "ChannelKind": "myolens.recording",
    "Finding": "myolens.case",
    "InputError": "myolens.errors",
    "Lab": "myolens.case",
    "Recording": "myolens.recording",
    "Scenario": "myolens.simulation",
    "Span": "myolens.recording",
    "read_case": "myolens.case",
    "read_cases": "myolens.case",
    "write_case": "myolens.case",
}

__all__ = [
    "Analysis",
    "Annotation",
    "Assessment",
    "Case",
    "Channel",
    "ChannelKind",
    "Diary",
    "Finding",
    "InputError",
    "Lab",
    "Recording",
    "Scenario",
    "Span",
    "analyze",
    "assess",
    "read",
    "read_case",
    "read_cases",
    "report",
    "simulate",
    "write_case",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
