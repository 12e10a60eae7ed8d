"""Case → Assessment: inference, triage, questions, care, course and explanation."""

from myolens.assessment.answer import assess, assess_many
from myolens.assessment.result import Assessment

__all__ = ["Assessment", "assess", "assess_many"]
