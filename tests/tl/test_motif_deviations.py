from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csc_matrix, csr_matrix
from tests.tl._accessible_peaks import accessible_peaks, genome_of

from scgsfm.motifs import Motifs
from scgsfm.regulatory import PeakFeatures, sample_background_peaks
from scgsfm.tl import motif_deviations

if TYPE_CHECKING:
    from pathlib import Path

GATA = "C4-GATA-related"


@pytest.fixture(scope="module")
def peaks() -> ad.AnnData:
    return accessible_peaks()


@pytest.fixture(scope="module")
def computed(peaks: ad.AnnData) -> ad.AnnData:
    result = motif_deviations(peaks, sequences="sequence", copy=True)
    assert result is not None
    return result


def reference(counts: np.ndarray, matches: np.ndarray, background: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The definition of chromVAR, cell by cell and motif by motif, on dense arrays."""
    expectation = counts.sum(axis=0) / counts.sum()
    depth = counts.sum(axis=1)
    deviations = np.empty((len(counts), matches.shape[1]))
    z = np.empty_like(deviations)
    for k in range(matches.shape[1]):
        own = np.flatnonzero(matches[:, k])
        expected = depth * expectation[own].sum()
        raw = (counts[:, own].sum(axis=1) - expected) / expected
        sampled = []
        for sample in background.T:
            expected_here = depth * expectation[sample[own]].sum()
            sampled.append((counts[:, sample[own]].sum(axis=1) - expected_here) / expected_here)
        deviations[:, k] = raw - np.mean(sampled, axis=0)
        z[:, k] = deviations[:, k] / np.std(sampled, axis=0, ddof=1)
        too_few = expected < 1
        deviations[too_few, k] = z[too_few, k] = np.nan
    return deviations, z


def test_equals_definition(peaks: ad.AnnData, computed: ad.AnnData) -> None:
    counts = peaks.X.toarray().astype(float)
    motifs = Motifs.embedded("jaspar2026")
    hits = motifs.scan(peaks.var["sequence"].tolist())
    table = computed.uns["motif_deviations"].set_index("column").loc[computed.obsm["motif_deviations"].columns]
    families = np.array(motifs.families)
    matches = np.zeros((peaks.n_vars, len(table)), bool)
    for k, family in enumerate(table["motif"]):
        matches[hits.sequence[families[hits.motif] == family], k] = True
    assert matches.sum(axis=0).tolist() == table["n_found"].tolist()
    assert matches.sum(axis=0).min() >= 20
    gc = np.array([(text.count("G") + text.count("C")) / len(text) for text in peaks.var["sequence"]])
    background = sample_background_peaks(counts.sum(axis=0), gc, 50, rng=0)
    deviations, z = reference(counts, matches, background)
    np.testing.assert_allclose(computed.obsm["motif_deviations"], deviations, atol=1e-6)
    np.testing.assert_allclose(computed.obsm["motif_deviations_z"], z, rtol=1e-5, atol=1e-5)
    variability = pd.DataFrame(z).std().to_numpy()
    np.testing.assert_allclose(table["variability"], variability, rtol=1e-4)


def test_group_with_open_sites(peaks: ad.AnnData, computed: ad.AnnData) -> None:
    z = computed.obsm["motif_deviations_z"][GATA]
    is_b = peaks.obs["group"] == "b"
    assert z[is_b].mean() > 1
    assert z[~is_b].mean() < -0.5
    assert computed.uns["motif_deviations"]["motif"].iloc[0].startswith(GATA)


def test_all_kinds_of_matrices(peaks: ad.AnnData, computed: ad.AnnData, tmp_path: Path) -> None:
    dask = pytest.importorskip("dask.array")
    peaks.write_h5ad(tmp_path / "x.h5ad")
    dense = peaks.X.toarray()
    kinds: dict[str, Any] = {
        "dense": dense,
        "csc": csc_matrix(peaks.X),
        "dask": dask.from_array(dense, chunks=(40, -1)),
    }
    data = {kind: ad.AnnData(matrix, peaks.obs.copy(), peaks.var.copy()) for kind, matrix in kinds.items()}
    data["backed"] = ad.read_h5ad(tmp_path / "x.h5ad", backed="r")
    for kind, adata in data.items():
        motif_deviations(adata, genome=genome_of(peaks))
        for key in ("motif_deviations", "motif_deviations_z"):
            np.testing.assert_allclose(adata.obsm[key], computed.obsm[key], rtol=1e-5, atol=1e-6, err_msg=kind)
    data["backed"].file.close()


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_files_and_motifs(peaks: ad.AnnData, tmp_path: Path, suffix: str) -> None:
    adata = peaks.copy()
    motif_deviations(adata, sequences="sequence", by="motif", key_added="x", n_background=5, rng=1)
    getattr(adata, f"write_{suffix}")(tmp_path / f"x.{suffix}")
    read = getattr(ad, f"read_{suffix}")(tmp_path / f"x.{suffix}")
    assert read.obsm["x_z"].shape == read.obsm["x"].shape == (peaks.n_obs, len(read.uns["x"]))
    assert any("_GATA" in column for column in read.obsm["x"].columns.str.upper())
    assert read.uns["scgsfm"]["x"]["params"]["n_background"] == 5


def test_rng(peaks: ad.AnnData, computed: ad.AnnData) -> None:
    again = motif_deviations(peaks, sequences="sequence", rng=0, copy=True)
    other = motif_deviations(peaks, sequences="sequence", rng=1, copy=True)
    pd.testing.assert_frame_equal(again.obsm["motif_deviations"], computed.obsm["motif_deviations"])
    assert not np.allclose(other.obsm["motif_deviations"], computed.obsm["motif_deviations"], equal_nan=True)


def test_background_is_alike() -> None:
    rng = np.random.default_rng(0)
    gc = rng.uniform(0.3, 0.7, 2000)
    accessibility = np.exp(rng.normal(2 * gc, 0.5))
    background = sample_background_peaks(accessibility, gc, 20, rng=0)
    assert background.shape == (2000, 20)
    for values in (gc, np.log10(accessibility)):
        differences = values[background] - values[:, None]
        assert np.abs(differences).mean() < 0.15 * np.abs(values[rng.permutation(2000)] - values).mean()
        assert abs(differences.mean()) < 0.02 * values.std()
    same = sample_background_peaks(np.ones(100), np.full(100, 0.5), 3, rng=0)  # nothing varies
    assert len(np.unique(same)) > 50


def test_cells_and_peaks_without_accessibility(peaks: ad.AnnData) -> None:
    adata = peaks.copy()
    counts = adata.X.toarray()
    counts[3], counts[:, 7] = 0, 0
    adata.X = csr_matrix(counts)
    adata.var.loc[adata.var_names[1], "sequence"] = "N" * 50
    with pytest.warns(UserWarning, match="1 of 400 peaks have no sequence and are left out: 1 contains N"):
        motif_deviations(adata, sequences="sequence")
    assert adata.uns["scgsfm"]["motif_deviations"]["n_peaks"] == 398
    assert adata.obsm["motif_deviations"].iloc[3].isna().all()
    assert adata.obsm["motif_deviations"].drop(index=adata.obs_names[3]).notna().any(axis=1).all()


def test_errors(peaks: ad.AnnData) -> None:
    with pytest.raises(ValueError, match="Give `genome`"):
        motif_deviations(peaks)
    genes = ad.AnnData(np.ones((2, 60), np.float32), var=pd.DataFrame(index=[f"GENE{i}" for i in range(60)]))
    with pytest.raises(ValueError, match="No peak can be parsed from `var_names`, of which the first is 'GENE0'"):
        motif_deviations(genes, genome=genome_of(peaks))
    with pytest.raises(ValueError, match="Only 30 of 30 peaks .* at least 50 are needed"):
        motif_deviations(peaks[:, :30].copy(), sequences="sequence")
    negative = peaks.copy()
    negative.X.data[0] = -1
    with pytest.raises(ValueError, match="negative values"):
        motif_deviations(negative, sequences="sequence")
    with pytest.raises(ValueError, match="`n_background` is 1"):
        motif_deviations(peaks, sequences="sequence", n_background=1)
    with pytest.raises(ValueError, match="decrease `min_peaks`"):
        motif_deviations(peaks, sequences="sequence", min_peaks=1000)
    with pytest.raises(ValueError, match="Is this the FASTA file"):
        motif_deviations(peaks, genome={"chr7": "ACGT" * 100})


def test_features_of_peaks(peaks: ad.AnnData) -> None:
    from scgsfm.dna import peak_sequences

    found = peak_sequences(peaks, None, genome_of(peaks), width=40)
    assert {len(text) for text in found.sequences} == {40}
    assert found.sequences[1] == peaks.var["sequence"].iloc[1][30:70]
    features = PeakFeatures.of(peaks.X, peak_sequences(peaks, "sequence", None))
    np.testing.assert_array_equal(features.accessibility, np.asarray(peaks.X.sum(axis=0)).ravel()[features.peaks])
