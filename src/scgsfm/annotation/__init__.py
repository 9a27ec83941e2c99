"""Cell-type annotation by marker sets."""

from ._assign import UNASSIGNED, CellTypes, assign_cell_types
from ._marker_sets import marker_sets
from ._markers import Markers, Profile, probabilities, score_cells

__all__ = [
    "UNASSIGNED",
    "CellTypes",
    "Markers",
    "Profile",
    "assign_cell_types",
    "marker_sets",
    "probabilities",
    "score_cells",
]
