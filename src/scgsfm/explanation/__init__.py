"""Explanations of gene sets, and the check of each of their claims."""

from ._checks import ClaimChecker
from ._claim_tables import ClaimTables
from ._claims import COLUMNS, RELATIONS, VERDICTS, Claim, Sentence, claims_table
from ._coherence import Calibration, Coherence, CoherenceModel, load_calibration, null_covariates, reference_logits
from ._definitions import CellType, cell_type, definition, definitions
from ._evidence import Evidence
from ._explain import explain_queries, explanations_table, summary, versions_of
from ._explanation import Explanation
from ._facts import Facts, Hit, Retriever
from ._labels import term_label
from ._queries import data_source, gene_query, group_queries, list_queries, queries_of, term_query
from ._query import Options, Query, Sources
from ._rephrase import ChatEndpoint, Rephrased, prompt, rephraser
from ._writer import write

__all__ = [
    "COLUMNS",
    "RELATIONS",
    "VERDICTS",
    "Calibration",
    "CellType",
    "ChatEndpoint",
    "Claim",
    "ClaimChecker",
    "ClaimTables",
    "Coherence",
    "CoherenceModel",
    "Evidence",
    "Explanation",
    "Facts",
    "Hit",
    "Options",
    "Query",
    "Rephrased",
    "Retriever",
    "Sentence",
    "Sources",
    "cell_type",
    "claims_table",
    "data_source",
    "definition",
    "definitions",
    "explain_queries",
    "explanations_table",
    "gene_query",
    "group_queries",
    "list_queries",
    "load_calibration",
    "null_covariates",
    "prompt",
    "queries_of",
    "reference_logits",
    "rephraser",
    "summary",
    "term_label",
    "term_query",
    "versions_of",
    "write",
]
