"""Cell-type annotation by marker sets."""

from ._assign import MIN_AGREE, UNASSIGNED, CellTypes, Limits, assign_cell_types
from ._marker_sets import lists_all_tissues, marker_sets
from ._markers import Markers, Profile, probabilities, score_cells
from ._nulls import composition_pvalues, qvalues

__all__ = [
    "MIN_AGREE",
    "UNASSIGNED",
    "CellTypes",
    "Limits",
    "Markers",
    "Profile",
    "assign_cell_types",
    "composition_pvalues",
    "lists_all_tissues",
    "marker_sets",
    "probabilities",
    "qvalues",
    "score_cells",
]
