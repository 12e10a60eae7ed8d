"""Assessment and analysis as something to read: HTML, PDF, JSON, FHIR, and the plots."""

from myolens.reports.page import Examined, report

__all__ = ["Examined", "report"]
