"""Regulatory context cards, reasoning traces, and explanations of predicted activity, without a network."""

from ._additive_effects import Effects, fit_effects, write_reasoning
from ._background_peaks import match_strata, sample_background_peaks
from ._card import (
    CLUSTERED,
    GC_POOR,
    GC_RICH,
    REPEATED,
    Card,
    CardStyle,
    Hit,
    build_card,
    build_cards,
    changed_motifs,
    gc_content,
    reduce_hits,
)
from ._card_records import CardRecord, Layout, read_records, write_records
from ._check_records import check_records
from ._design import Design, Goal, design
from ._design_limits import ENZYMES, DesignLimits, site_of
from ._design_tables import design_tables
from ._examples import Examples, Measured, fit_measured, make_examples, read_measured, units_of
from ._explanation import Explanation, explain, shuffle_effects, shuffled
from ._explanation_tables import activity_of_cells, base_effects, explanation_tables, select_cell_types
from ._features import N_COMPOSITION, CardFeatures, composition
from ._fimo_hits import scan_fimo
from ._match_motifs import MotifMatches, match_motifs
from ._motif_activity import activity_of_motifs
from ._motif_deviations import deviations_table, motif_deviations
from ._peak_features import PeakFeatures
from ._plain_text import PlainText, PublishedText
from ._published_trace import read_published_trace, write_published_trace
from ._saturation import base_contributions, saturation_table
from ._trace import LEVELS, ROLES, Step, Trace, check_trace, cite, majority_level
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
    "CardRecord",
    "CardStyle",
    "Claims",
    "Design",
    "DesignLimits",
    "Effects",
    "Examples",
    "Explanation",
    "Goal",
    "Hit",
    "Layout",
    "Measured",
    "MotifMatches",
    "PeakFeatures",
    "PlainText",
    "PublishedText",
    "Step",
    "Trace",
    "TraceWriter",
    "activity_of_cells",
    "activity_of_motifs",
    "base_contributions",
    "base_effects",
    "build_card",
    "build_cards",
    "changed_motifs",
    "check_records",
    "check_trace",
    "cite",
    "composition",
    "design",
    "design_tables",
    "deviations_table",
    "explain",
    "explanation_tables",
    "fit_effects",
    "fit_measured",
    "gc_content",
    "haplotype_table",
    "majority_level",
    "make_examples",
    "match_motifs",
    "match_strata",
    "motif_deviations",
    "read_measured",
    "read_published_trace",
    "read_records",
    "reduce_hits",
    "sample_background_peaks",
    "saturation_table",
    "scan_fimo",
    "select_cell_types",
    "shuffle_effects",
    "shuffled",
    "site_of",
    "units_of",
    "variant_names",
    "variant_table",
    "write_published_trace",
    "write_reasoning",
    "write_records",
    "write_trace",
]
