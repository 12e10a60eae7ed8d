"""From a recording to its discharges: detection, sorting, measurement, quality."""

from myolens.emg.analysis import Analysis, Estimate, Event, Quality, Unit
from myolens.emg.comparison import Comparison, compare
from myolens.emg.pipeline import analyze

__all__ = ["Analysis", "Comparison", "Estimate", "Event", "Quality", "Unit", "analyze", "compare"]
