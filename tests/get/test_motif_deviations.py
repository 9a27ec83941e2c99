from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.tl._accessible_peaks import accessible_peaks

from scgsfm import get, tl

if TYPE_CHECKING:
    import anndata as ad


@pytest.fixture(scope="module")
def adata() -> ad.AnnData:
    peaks = accessible_peaks()
    tl.motif_deviations(peaks, sequences="sequence", n_background=5)
    return peaks


def test_values(adata: ad.AnnData) -> None:
    table = get.motif_deviations(adata)
    assert table.columns.tolist() == adata.uns["motif_deviations"]["motif"].tolist()
    chosen = get.motif_deviations(adata, ["HOX", "C4-GATA-related"], z=True)
    assert chosen.columns.tolist() == ["HOX", "C4-GATA-related"]
    assert (chosen["HOX"] == adata.obsm["motif_deviations_z"]["HOX"]).all()
    of_series = get.motif_deviations(adata, adata.uns["motif_deviations"]["motif"][:2])
    assert of_series.equals(table.iloc[:, :2])


def test_errors(adata: ad.AnnData) -> None:
    with pytest.raises(KeyError, match="'GATA9' is not in the table"):
        get.motif_deviations(adata, "GATA9")
    with pytest.raises(KeyError, match=r"no result of `scgsfm.tl.motif_deviations`"):
        get.motif_deviations(adata, key="x")
