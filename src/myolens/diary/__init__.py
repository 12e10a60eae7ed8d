"""What is kept over time: entries, trends, a person's own triggers."""

from myolens.diary.entries import DayEntry, MomentEntry
from myolens.diary.store import Diary
from myolens.diary.trends import Trend
from myolens.diary.triggers import Trigger, TriggerAnalysis, find_triggers

__all__ = ["DayEntry", "Diary", "MomentEntry", "Trend", "Trigger", "TriggerAnalysis", "find_triggers"]
