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
from ._design import Design, Goal, design
from ._design_limits import ENZYMES, DesignLimits, site_of
from ._design_tables import design_tables
from ._explanation import Explanation, explain, shuffle_effects, shuffled
from ._explanation_tables import activity_of_cells, base_effects, explanation_tables, select_cell_types
from ._features import N_COMPOSITION, CardFeatures, composition
from ._saturation import base_contributions, saturation_table
from ._trace import LEVELS, ROLES, Step, Trace, check_trace, cite
from ._trace_templates import Claims, TraceWriter, write_trace
from ._variant_tables import haplotype_table, variant_names, variant_table

__all__ = [
    "CLUSTERED",
    "ENZYMES",
    "GC_POOR",
    "GC_RICH",
    "LEVELS",
    "N_COMPOSITION",
    "REPEATED",
    "ROLES",
    "Card",
    "CardFeatures",
    "Claims",
    "Design",
    "DesignLimits",
    "Effects",
    "Explanation",
    "Goal",
    "Hit",
    "Step",
    "Trace",
    "TraceWriter",
    "activity_of_cells",
    "base_contributions",
    "base_effects",
    "build_card",
    "build_cards",
    "changed_motifs",
    "check_trace",
    "cite",
    "composition",
    "design",
    "design_tables",
    "explain",
    "explanation_tables",
    "fit_effects",
    "gc_content",
    "haplotype_table",
    "reduce_hits",
    "saturation_table",
    "select_cell_types",
    "shuffle_effects",
    "shuffled",
    "site_of",
    "variant_names",
    "variant_table",
    "write_reasoning",
    "write_trace",
]
