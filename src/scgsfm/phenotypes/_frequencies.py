"""Frequencies of phenotypes among patients: numbers, and words for the classes of the ontology."""

from __future__ import annotations

import numpy as np

_CLASSES = {
    "HP:0040280": ("always", 1.0),
    "HP:0040281": ("very frequent", 0.895),
    "HP:0040282": ("frequent", 0.545),
    "HP:0040283": ("occasional", 0.17),
    "HP:0040284": ("very rare", 0.025),
    "HP:0040285": ("excluded", 0.0),
}
"""Word and midpoint of the range of each frequency class of the ontology."""


def frequency_words(frequency: str) -> str:
    """``"very frequent"`` for a class of the ontology; counts and percentages are returned unchanged."""
    return _CLASSES[frequency][0] if frequency in _CLASSES else frequency


def parse_frequency(text: str) -> float:
    """A frequency as a number: of ``"3/4"``, ``"75%"`` or a class of the ontology; NaN for an empty text."""
    if not text:
        return np.nan
    if text.startswith("HP:"):
        return _CLASSES.get(text, ("", np.nan))[1]
    if text.endswith("%"):
        return float(text[:-1]) / 100
    n, _, total = text.partition("/")
    return float(n) / float(total) if float(total) else np.nan
