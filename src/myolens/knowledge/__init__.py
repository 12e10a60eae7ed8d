"""What is known about twitching, as data, and the words people use for it; no inference."""

from myolens.knowledge.loading import load
from myolens.knowledge.model import Knowledge
from myolens.knowledge.recognised import Recognised, RecognisedFinding, Unrecognised
from myolens.knowledge.vocabulary import recognise

__all__ = [
    "Knowledge",
    "Recognised",
    "RecognisedFinding",
    "Unrecognised",
    "load",
    "recognise",
]
