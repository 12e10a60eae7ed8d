"""What is known about twitching, as data, and the words people use for it; no inference."""

from myolens.knowledge.checking import check
from myolens.knowledge.listing import show, vocabulary_table
from myolens.knowledge.loading import load
from myolens.knowledge.model import Knowledge
from myolens.knowledge.proposals import Proposal, propose
from myolens.knowledge.recognised import Recognised, RecognisedFinding, Unrecognised
from myolens.knowledge.vocabulary import recognise

__all__ = [
    "Knowledge",
    "Proposal",
    "Recognised",
    "RecognisedFinding",
    "Unrecognised",
    "check",
    "load",
    "propose",
    "recognise",
    "show",
    "vocabulary_table",
]
