"""Access to AnnData: its matrix, gene names and masks, files, and the record of each result."""

from ._check_anndata import check_anndata, has_parts
from ._check_indices import check_indices, check_pointers, check_range
from ._gene_names import gene_names, genes_of_features
from ._groups import as_label, groups
from ._matrix import data_matrix, data_var, gene_mask
from ._read import open_store, read_any, read_with_matrix_on_disk
from ._records import write_record
from ._result import Result, log_results
from ._select_genes import DUPLICATES, GeneSelection, select_genes
from ._takes_frames import takes_frames
from ._undo_on_error import undo_on_error

__all__ = [
    "DUPLICATES",
    "GeneSelection",
    "Result",
    "as_label",
    "check_anndata",
    "check_indices",
    "check_pointers",
    "check_range",
    "data_matrix",
    "data_var",
    "gene_mask",
    "gene_names",
    "genes_of_features",
    "groups",
    "has_parts",
    "log_results",
    "open_store",
    "read_any",
    "read_with_matrix_on_disk",
    "select_genes",
    "takes_frames",
    "undo_on_error",
    "write_record",
]
