"""Results out of AnnData: scores as tables and as AnnData, sets that are on, phases of the cell cycle."""

from ._binarized_scores import binarized_scores
from ._cell_cycle_phases import cell_cycle_phases
from ._score_adata import score_adata
from ._scores import scores

__all__ = ["binarized_scores", "cell_cycle_phases", "score_adata", "scores"]
