"""Cell-type annotation by marker sets."""

from ._markers import Markers, Profile, probabilities, score_cells

__all__ = ["Markers", "Profile", "probabilities", "score_cells"]
