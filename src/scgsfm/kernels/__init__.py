"""Numba kernels: arrays in, arrays out, one core each. They release the GIL, so the engine runs them on several blocks.

All are compiled by ``njit`` of ``_njit``, which works without a cache on disk, too.
"""

from numba.core import event

from ._approximate_cdf import approximate_cdf
from ._auroc import auroc
from ._connectivity import connectivity
from ._cooccurrence import NeighborGraph, SetShares, add_cooccurrence_residual, cooccurrence_knn
from ._embedding_bag import gather_sum, pair_dot, scatter_sum, transpose
from ._fisher import fisher_greater
from ._gsea import descending_order, gsea_scores
from ._gsva_walk import gsva_walk
from ._kernel_cdf import KernelCDF, evaluate_cdf, kernel_cdf
from ._mask_sets import mask_sets
from ._matched_sets import GeneSteps, GeneWindows, bin_moments, step_sums, window_moments
from ._moments import moments
from ._motifs import (
    NEVER,
    SEED,
    MotifSeeds,
    MotifTables,
    best_motifs,
    keep_best,
    motif_seeds,
    motif_tables,
    motif_tails,
    scan_motifs,
)
from ._network_changes import (
    changed_products,
    convolution_changes,
    first_layer_changes,
    pooling_changes,
    summary_changes,
)
from ._numba_utils import CompileNotice
from ._ordered_product import ordered_product, row_products
from ._permutation_null import nes_and_pvalues, permutation_null, random_positions
from ._prerank import enrichment_scores, random_enrichment_scores, tie_bounds
from ._pvalues import adjust, two_sided_pvalues
from ._random_sets import random_set_pvalues, standardized_sums, third_moments, value_moments
from ._ranks import Ranks, rank_cells
from ._set_sums import set_sums
from ._substitutions import substituted_composition, substituted_motifs
from ._to_csr import csc_rows, dense_to_csr
from ._top_k import keep_top_k, top_genes, top_ranked
from ._truncated_ranks import truncated_ranks
from ._viper_pleiotropy import Regulons, correct_pleiotropy

__all__ = [
    "NEVER",
    "SEED",
    "CompileNotice",
    "GeneSteps",
    "GeneWindows",
    "KernelCDF",
    "MotifSeeds",
    "MotifTables",
    "NeighborGraph",
    "Ranks",
    "Regulons",
    "SetShares",
    "add_cooccurrence_residual",
    "adjust",
    "approximate_cdf",
    "auroc",
    "best_motifs",
    "bin_moments",
    "changed_products",
    "connectivity",
    "convolution_changes",
    "cooccurrence_knn",
    "correct_pleiotropy",
    "csc_rows",
    "dense_to_csr",
    "descending_order",
    "enrichment_scores",
    "evaluate_cdf",
    "first_layer_changes",
    "fisher_greater",
    "gather_sum",
    "gsea_scores",
    "gsva_walk",
    "keep_best",
    "keep_top_k",
    "kernel_cdf",
    "mask_sets",
    "moments",
    "motif_seeds",
    "motif_tables",
    "motif_tails",
    "nes_and_pvalues",
    "ordered_product",
    "pair_dot",
    "permutation_null",
    "pooling_changes",
    "random_enrichment_scores",
    "random_positions",
    "random_set_pvalues",
    "rank_cells",
    "row_products",
    "scan_motifs",
    "scatter_sum",
    "set_sums",
    "standardized_sums",
    "step_sums",
    "substituted_composition",
    "substituted_motifs",
    "summary_changes",
    "third_moments",
    "tie_bounds",
    "top_genes",
    "top_ranked",
    "transpose",
    "truncated_ranks",
    "two_sided_pvalues",
    "value_moments",
    "window_moments",
]

event.register("numba:compile", CompileNotice())
