"""Positions in a genome: peaks, their sequences from a FASTA file, and variants. Starts are 0-based, ends exclusive."""

from ._bed import read_bed
from ._contigs import contig_names
from ._elements import (
    check_elements,
    element_names,
    element_windows,
    genome_name,
    given_sequences,
    max_by_element,
    mean_by_element,
    select_elements,
    warn_if_not_human,
)
from ._encoding import N, encode
from ._genome import Genome
from ._join_haplotype import join_haplotype
from ._peak_sequences import peak_sequences
from ._peaks import Peaks, parse_peak, peaks_of
from ._read_variants import read_variants
from ._sequences import OK, Windows, describe_status, reverse_complement, sequences_of_peaks, sequences_of_texts
from ._species import species_of
from ._text_files import read_text, text_lines
from ._variants import AllelePair, Span, Variant, alleles
from ._write_vcf import InfoField, write_annotated_vcf

__all__ = [
    "OK",
    "AllelePair",
    "Genome",
    "InfoField",
    "N",
    "Peaks",
    "Span",
    "Variant",
    "Windows",
    "alleles",
    "check_elements",
    "contig_names",
    "describe_status",
    "element_names",
    "element_windows",
    "encode",
    "genome_name",
    "given_sequences",
    "join_haplotype",
    "max_by_element",
    "mean_by_element",
    "parse_peak",
    "peak_sequences",
    "peaks_of",
    "read_bed",
    "read_text",
    "read_variants",
    "reverse_complement",
    "select_elements",
    "sequences_of_peaks",
    "sequences_of_texts",
    "species_of",
    "text_lines",
    "warn_if_not_human",
    "write_annotated_vcf",
]
