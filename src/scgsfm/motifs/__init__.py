"""Motif matrices: reading them, and scanning DNA for them with exact p-values."""

from ._motif_formats import MotifRecord
from ._motifs import EMBEDDED, Hits, Motifs, P
from ._read_motifs import read_motifs

__all__ = ["EMBEDDED", "Hits", "MotifRecord", "Motifs", "P", "read_motifs"]
