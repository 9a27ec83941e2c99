"""Regulatory context cards, reasoning traces, and explanations of predicted activity, without a network."""

from ._additive_effects import Effects, fit_effects, write_reasoning
from ._card import (
    CLUSTERED,
    GC_POOR,
    GC_RICH,
    REPEATED,
    Card,
    Hit,
    build_card,
    build_cards,
    changed_motifs,
    gc_content,
    reduce_hits,
)
from ._explanation import Explanation, explain, shuffle_effects, shuffled
from ._explanation_tables import activity_of_cells, base_effects, explanation_tables, select_cell_types
from ._features import N_COMPOSITION, CardFeatures, composition
from ._trace import LEVELS, ROLES, Step, Trace, check_trace, cite
from ._trace_templates import Claims, TraceWriter, write_trace

__all__ = [
    "CLUSTERED",
    "GC_POOR",
    "GC_RICH",
    "LEVELS",
    "N_COMPOSITION",
    "REPEATED",
    "ROLES",
    "Card",
    "CardFeatures",
    "Claims",
    "Effects",
    "Explanation",
    "Hit",
    "Step",
    "Trace",
    "TraceWriter",
    "activity_of_cells",
    "base_effects",
    "build_card",
    "build_cards",
    "changed_motifs",
    "check_trace",
    "cite",
    "composition",
    "explain",
    "explanation_tables",
    "fit_effects",
    "gc_content",
    "reduce_hits",
    "select_cell_types",
    "shuffle_effects",
    "shuffled",
    "write_reasoning",
    "write_trace",
]
