"""Results out of AnnData: scores as tables and as AnnData, and the tables of other functions."""

from ._annotate import annotate
from ._binarized_scores import binarized_scores
from ._cell_cycle_phases import cell_cycle_phases
from ._cluster_terms import cluster_terms
from ._compare import compare
from ._contributions import contributions
from ._coverage import coverage
from ._depth import depth
from ._drugs import drugs
from ._enrich import enrich
from ._explain import explain
from ._explain_regulation import explain_regulation
from ._motif_activity import motif_activity
from ._motif_deviations import motif_deviations
from ._phenotypes import phenotypes
from ._predict_functions import predict_functions
from ._regulatory_activity import regulatory_activity
from ._saturation_mutagenesis import saturation_mutagenesis
from ._score_adata import score_adata
from ._scores import scores

__all__ = [
    "annotate",
    "binarized_scores",
    "cell_cycle_phases",
    "cluster_terms",
    "compare",
    "contributions",
    "coverage",
    "depth",
    "drugs",
    "enrich",
    "explain",
    "explain_regulation",
    "motif_activity",
    "motif_deviations",
    "phenotypes",
    "predict_functions",
    "regulatory_activity",
    "saturation_mutagenesis",
    "score_adata",
    "scores",
]
