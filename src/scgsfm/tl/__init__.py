"""Tools: scores, embeddings and tables from AnnData or gene sets."""

from ._annotate import annotate
from ._ask import ask
from ._cluster_terms import cluster_terms
from ._compare import compare
from ._complete_sets import complete_sets
from ._design_elements import design_elements
from ._drug_scores import drug_scores
from ._drugs import drugs
from ._embed_cells import embed_cells
from ._embed_genes import embed_genes
from ._embed_sets import embed_sets
from ._enrich import enrich
from ._explain import explain
from ._explain_regulation import explain_regulation
from ._gene_page import gene_page
from ._gene_phenotype import gene_phenotype
from ._haplotype_effect import haplotype_effect
from ._motif_activity import motif_activity
from ._motif_deviations import motif_deviations
from ._phenotypes import phenotypes
from ._predict_functions import predict_functions
from ._rank_genes import rank_genes
from ._regulatory_activity import regulatory_activity
from ._related_genes import related_genes
from ._saturation_mutagenesis import saturation_mutagenesis
from ._score import score
from ._variant_effect import variant_effect

__all__ = [
    "annotate",
    "ask",
    "cluster_terms",
    "compare",
    "complete_sets",
    "design_elements",
    "drug_scores",
    "drugs",
    "embed_cells",
    "embed_genes",
    "embed_sets",
    "enrich",
    "explain",
    "explain_regulation",
    "gene_page",
    "gene_phenotype",
    "haplotype_effect",
    "motif_activity",
    "motif_deviations",
    "phenotypes",
    "predict_functions",
    "rank_genes",
    "regulatory_activity",
    "related_genes",
    "saturation_mutagenesis",
    "score",
    "variant_effect",
]
