"""Assessment and analysis as something to read: HTML, PDF, JSON, FHIR, and the plots."""

from myolens.reports.examined import Examined
from myolens.reports.page import report

__all__ = ["Examined", "report"]
