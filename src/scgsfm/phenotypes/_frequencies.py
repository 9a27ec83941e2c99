"""Numbers and codes of annotations in words."""

from __future__ import annotations

_CLASSES = {
    "HP:0040280": "always",
    "HP:0040281": "very frequent",
    "HP:0040282": "frequent",
    "HP:0040283": "occasional",
    "HP:0040284": "very rare",
    "HP:0040285": "excluded",
}


def frequency_words(frequency: str) -> str:
    """``"very frequent"`` for a class of the ontology; shares and percentages stay as they are."""
    return _CLASSES.get(frequency, frequency)
