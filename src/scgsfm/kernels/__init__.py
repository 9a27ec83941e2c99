"""Numba kernels: arrays in, arrays out, one core each. They hold no GIL, so the engine runs them on several blocks."""

from numba.core import event

from ._chance import compare, null_scores, random_places
from ._dense import rows_of_dense
from ._density import Curves, curves
from ._enrichment import descend, enrichment
from ._fisher import fisher_greater
from ._gains import rank_gains
from ._heights import heights_of
from ._keep_top import keep_top
from ._moments import moments
from ._motifs import NEVER, SEED, best_motifs, keep_best, motif_seeds, motif_tables, motif_tails, scan_motifs
from ._neighbours import add_neighbours
from ._notice import Notice
from ._outscored import outscored
from ._pleiotropy import Regulons, discount_shared
from ._pvalues import adjust, two_sided
from ._rows import rows_of_columns
from ._running import random_peaks, running_peaks, tie_bounds
from ._sampled import sampled_curves
from ._scatter import scatter
from ._ties import Ranks, rank
from ._top import top_genes, top_ranked
from ._walk import walk

__all__ = [
    "NEVER",
    "SEED",
    "Curves",
    "Ranks",
    "Regulons",
    "add_neighbours",
    "adjust",
    "best_motifs",
    "compare",
    "curves",
    "descend",
    "discount_shared",
    "enrichment",
    "fisher_greater",
    "heights_of",
    "keep_best",
    "keep_top",
    "moments",
    "motif_seeds",
    "motif_tables",
    "motif_tails",
    "null_scores",
    "outscored",
    "random_peaks",
    "random_places",
    "rank",
    "rank_gains",
    "rows_of_columns",
    "rows_of_dense",
    "running_peaks",
    "sampled_curves",
    "scan_motifs",
    "scatter",
    "tie_bounds",
    "top_genes",
    "top_ranked",
    "two_sided",
    "walk",
]

event.register("numba:compile", Notice())
