"""From a recording to its discharges: detection, sorting, measurement, quality."""

from myolens.emg.analysis import Analysis, Estimate, Event, Quality, Unit
from myolens.emg.pipeline import analyze

__all__ = ["Analysis", "Estimate", "Event", "Quality", "Unit", "analyze"]
