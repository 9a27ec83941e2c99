"""Places in a genome: peaks, their sequences from a FASTA file, and variants. Starts are 0-based, ends exclusive."""

from ._encoding import N, encode
from ._genome import Genome, contig_names
from ._peaks import Peaks, parse_peak, peaks_of
from ._sequences import OK, Windows, sequences_of_peaks, sequences_of_texts
from ._species import species_of
from ._variants import Variant, alleles, read_variants

__all__ = [
    "OK",
    "Genome",
    "N",
    "Peaks",
    "Variant",
    "Windows",
    "alleles",
    "contig_names",
    "encode",
    "parse_peak",
    "peaks_of",
    "read_variants",
    "sequences_of_peaks",
    "sequences_of_texts",
    "species_of",
]
