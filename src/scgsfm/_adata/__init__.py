"""The way in and out of AnnData: its matrix, gene names and masks, files, and the record of each result."""

from ._gene_names import gene_names
from ._matrix import data_matrix, data_var, gene_mask
from ._read import opened, read_any, read_but_matrix
from ._records import write_record

__all__ = [
    "data_matrix",
    "data_var",
    "gene_mask",
    "gene_names",
    "opened",
    "read_any",
    "read_but_matrix",
    "write_record",
]
