"""Plots of the results of the tools."""

from ._annotate import annotate
from ._compare import compare
from ._complete_sets import complete_sets
from ._design import design
from ._drugs import drugs
from ._enrich import enrich
from ._enrichment_map import enrichment_map
from ._explain import explain
from ._gene_map import gene_map
from ._leading_edge import leading_edge
from ._motif_activity import motif_activity
from ._phenotypes import phenotypes
from ._predict_functions import predict_functions
from ._rank_genes import rank_genes
from ._regulatory_card import regulatory_card
from ._running_score import running_score
from ._saturation_mutagenesis import saturation_mutagenesis
from ._score import score
from ._score_agreement import score_agreement
from ._set_overlap import set_overlap
from ._term_heatmap import term_heatmap
from ._variant_effect import variant_effect

__all__ = [
    "annotate",
    "compare",
    "complete_sets",
    "design",
    "drugs",
    "enrich",
    "enrichment_map",
    "explain",
    "gene_map",
    "leading_edge",
    "motif_activity",
    "phenotypes",
    "predict_functions",
    "rank_genes",
    "regulatory_card",
    "running_score",
    "saturation_mutagenesis",
    "score",
    "score_agreement",
    "set_overlap",
    "term_heatmap",
    "variant_effect",
]
