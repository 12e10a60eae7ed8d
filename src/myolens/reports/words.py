"""How numbers and names are said: out of a hundred, never none, never all."""

from __future__ import annotations


def capital(words: str) -> str:
    """The same words beginning with a capital letter."""
    return words[:1].upper() + words[1:]


def per_hundred(probability: float) -> str:
    """Words for a probability out of 100; never zero and never all."""
    if probability < 0.01:
        return "fewer than 1"
    if probability > 0.99:
        return "more than 99"
    return f"{round(probability * 100)}"


def of_hundred(probability: float) -> str:
    """Words such as "about 42 of 100", "fewer than 1 of 100"."""
    words = per_hundred(probability)
    return f"{words} of 100" if " " in words else f"about {words} of 100"
