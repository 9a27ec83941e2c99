from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import scgsfm
from scgsfm import GeneSets
from scgsfm._adata import gene_names, select_genes
from scgsfm.errors import GeneNameWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from anndata import AnnData

NAMES = ["CD4", "MS4A1", "CD4", "SEPT9", "SEPTIN9", "CD4"]
COUNTS = np.array([[0, 1, 2, 0, 3, 1], [0, 2, 5, 0, 1, 0]], np.float32)


def data(matrix: Any = COUNTS, names: list[str] = NAMES, **var: Any) -> AnnData:
    adata = ad.AnnData(matrix, var=pd.DataFrame(var, index=pd.RangeIndex(len(names)).astype(str)))
    adata.var_names = names
    return adata


def dask_csr(matrix: np.ndarray) -> Any:
    array = pytest.importorskip("dask.array")
    return array.from_array(matrix, chunks=(1, -1)).map_blocks(sp.csr_matrix)


@pytest.mark.parametrize(
    "kind", [np.asarray, sp.csr_matrix, sp.csc_matrix, sp.csr_array, dask_csr], ids=lambda kind: kind.__name__
)
def test_highest_copy_is_used_and_named(kind: Callable[[np.ndarray], Any]) -> None:
    matrix = kind(COUNTS)
    with pytest.warns(GeneNameWarning, match=r"1 gene names occur more than once: \"'CD4' \(3\)\"|'CD4' \(3\)"):
        found = select_genes(data(matrix), matrix, gene_symbols=None, use_raw=False)
    assert found.positions is not None
    assert found.positions.tolist() == [1, 2, 3, 4]
    # SEPT9 has no counts, but is expressed as SEPTIN9
    assert found.names.tolist() == ["MS4A1", "CD4", "", "SEPTIN9"]
    assert found.record["repeated_names"].tolist() == ["CD4"]
    assert found.record["synonyms"].tolist() == ["SEPT9 = SEPTIN9"]
    assert "highest total" in found.record["duplicates"]


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix, sp.csc_matrix], ids=lambda kind: kind.__name__)
@pytest.mark.filterwarnings("ignore::scgsfm.errors.GeneNameWarning")
def test_on_disk(tmp_path: Path, kind: Callable[[np.ndarray], Any]) -> None:
    data(kind(COUNTS)).write_h5ad(tmp_path / "data.h5ad")
    backed = ad.read_h5ad(tmp_path / "data.h5ad", backed="r")
    found = select_genes(backed, backed.X, gene_symbols=None, use_raw=False)
    assert found.names.tolist() == ["MS4A1", "CD4", "", "SEPTIN9"]


def test_totals_of_integers_do_not_overflow() -> None:
    smallest = np.iinfo(np.int32).min
    matrix = sp.csr_matrix(np.array([[smallest, 0, 1], [smallest, 0, 1]], np.int32))
    with pytest.warns(GeneNameWarning):
        found = select_genes(data(matrix, ["CD4", "MS4A1", "CD4"]), matrix, gene_symbols=None, use_raw=False)
    assert found.positions is not None
    assert found.positions.tolist() == [0, 1]


def test_distinct_genes_are_all_used() -> None:
    adata = data(COUNTS[:, :2], ["CD4", "MS4A1"])
    found = select_genes(adata, adata.X, gene_symbols=None, use_raw=False)
    assert (found.positions, found.record) == (None, {})


def test_scores_are_those_without_the_copies() -> None:
    adata = scgsfm.datasets.pbmc()[:50].copy()
    genes = ["CD79A", "CD79B", "MS4A1", "CD74"]
    empty = ad.AnnData(sp.csr_matrix((50, 4), dtype=adata.X.dtype), obs=adata.obs[[]])
    empty.var_names = genes
    for parts in ([empty, adata], [adata, empty]):
        both = ad.concat(parts, axis=1)
        for method in ("aucell", "zscore", "mean"):
            with pytest.warns(GeneNameWarning, match="CD79A"):
                scgsfm.tl.score(both, {"B": genes}, method=method, min_genes=1)
            scgsfm.tl.score(adata, {"B": genes}, method=method, min_genes=1)
            np.testing.assert_array_equal(both.obsm[f"score_{method}"], adata.obsm[f"score_{method}"])
    kept = both.uns["scgsfm"]["score_mean"]["genes"]
    assert set(kept["repeated_names"]) == set(genes)


def test_two_names_of_a_gene_count_once() -> None:
    sets = GeneSets({"A": ["TAZ", "TAFAZZIN", "CD4"], "B": ["TAZ"]})
    # each name is in the data
    found = sets.membership(["TAZ", "CD4", "TAFAZZIN"]).toarray()
    assert found.tolist() == [[0, 1, 1], [1, 0, 0]]
    index = scgsfm.scoring.SetIndex.match(sets, ["CD4", "TAFAZZIN"])
    assert index.n_listed.tolist() == [2, 1]
    assert index.n_found.tolist() == [2, 1]


MULTIOME = {"feature_types": ["Gene Expression", "Peaks", "Gene Expression", "Antibody Capture", "Peaks", "Peaks"]}


def test_only_genes_of_a_multiome() -> None:
    names = ["CD4", "chr1:5-9", "MS4A1", "CD8A", "chr1:15-19", "chr2:5-9"]
    adata = data(names=names, **MULTIOME)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = select_genes(adata, adata.X, gene_symbols=None, use_raw=False)
    assert found.names.tolist() == ["CD4", "MS4A1"]
    assert found.record == {"n_other_features": 4}
    assert gene_names(adata, gene_symbols=None, use_raw=False).tolist() == ["CD4", "", "MS4A1", "", "", ""]
    scgsfm.pp.resolve_genes(adata)
    assert adata.var["scgsfm_symbol"].tolist() == ["CD4", "", "MS4A1", "", "", ""]
    assert adata.uns["scgsfm"]["resolve_genes"]["share"] == 1


def test_peaks_alone_can_be_scored_by_name() -> None:
    adata = data(COUNTS[:, :2], ["chr1:5-9", "chr1:15-19"], feature_types=["Peaks", "Peaks"])
    assert select_genes(adata, adata.X, gene_symbols=None, use_raw=False).names.tolist() == adata.var_names.tolist()


def test_mask_without_genes_is_refused() -> None:
    adata = data(names=[f"g{i}" for i in range(6)], **MULTIOME)
    mask = np.array([False, True, False, False, False, False])
    with pytest.raises(ValueError, match="`mask_var` selects no genes"):
        select_genes(adata, adata.X, gene_symbols=None, use_raw=False, mask_var=mask)


def test_masks_are_aligned_by_name() -> None:
    adata = data(names=[f"g{i}" for i in range(6)])

    def used(mask: Any) -> list[str]:
        return select_genes(adata, adata.X, gene_symbols=None, use_raw=False, mask_var=mask).names.tolist()

    mask = pd.Series([True, True, False, False, False, False], index=adata.var_names)
    assert used(mask) == used(mask[::-1]) == used(mask.to_numpy()) == used(mask.reset_index(drop=True)) == ["g0", "g1"]
    assert used(mask.astype("boolean")) == used(pd.concat([mask, pd.Series({"other": True})])[::-1]) == ["g0", "g1"]
    with pytest.raises(ValueError, match=r"index does not have each of the gene names once.*to_numpy"):
        used(mask.set_axis([f"x{i}" for i in range(6)]))
    with pytest.raises(ValueError, match="missing values are not boolean"):
        used(mask.astype("boolean").mask(mask))
    for wrong in (mask.astype(int), mask.astype(str), ["g0", "g1"], mask.to_frame(), mask & False):
        with pytest.raises(ValueError, match="^`mask_var` must be boolean"):
            used(wrong)
