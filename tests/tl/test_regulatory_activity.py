from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scgsfm.tl import regulatory_activity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from anndata import AnnData
    from tests.conftest import SmallR3LM

SITES = {"HepG2": "CAAAGTCCA", "K562": "AGATAAGA", "WTC11": "ATTTGCATA"}


@pytest.fixture(scope="module")
def genome() -> dict[str, str]:
    """Two contigs; a site of K562 at 500 of the first, one of HepG2 at 200 and a gap at 600 of the second."""
    rng = np.random.default_rng(0)
    one, two = ("".join(rng.choice(list("ACGT"), n)) for n in (1000, 900))
    return {
        "chr1": one[:500] + SITES["K562"].lower() + one[508:],
        "chr2": two[:200] + SITES["HepG2"] + two[209:600] + "N" * 50 + two[650:],
    }


NAMES = ["chr1:450-560", "1-100-300", "chr2_100_350", "chr2:620-640", "chr9:5-9", "chr1:900-1100", "gene"]
STATUS = ["ok", "ok", "ok", "contains N", "unknown contig", "out of bounds", "unparsable name"]


@pytest.fixture
def adata() -> ad.AnnData:
    counts = np.random.default_rng(1).poisson(1.0, (30, len(NAMES))).astype(np.float32)
    counts[3] = 0
    obs = pd.DataFrame({"group": ["a", "b", "c"] * 10}, index=[f"cell{i}" for i in range(30)])
    return ad.AnnData(sparse.csr_matrix(counts), obs, pd.DataFrame(index=NAMES))


def test_peaks(adata: AnnData, genome: dict[str, str], small_r3lm: SmallR3LM, caplog: pytest.LogCaptureFixture) -> None:
    from scgsfm._logging import logger

    with caplog.at_level(logging.INFO, logger.name):
        logger.propagate = True
        assert regulatory_activity(adata, genome=genome, model=small_r3lm) is None
        logger.propagate = False
    assert (
        "3 of 7 elements have a sequence; 1 contains N; 1 unknown contig; 1 out of bounds; 1 unparsable name"
        in caplog.text
    )
    assert "1 contigs have another name in the FASTA file (1 is chr1)" in caplog.text
    table = adata.varm["r3lm_activity"]
    assert table.columns.tolist() == small_r3lm.cell_types
    assert (table.dtypes == np.float32).all()
    assert table.index.equals(adata.var_names)
    assert adata.var["r3lm_activity_status"].tolist() == STATUS
    assert np.isfinite(table).all(axis=1).tolist() == [status == "ok" for status in STATUS]
    expected = small_r3lm.predict([genome["chr1"][405:605], genome["chr1"][100:300], genome["chr2"][125:325]])
    np.testing.assert_array_equal(table.to_numpy()[:3], expected)
    assert table.loc[NAMES[0], "K562"] > 0.9
    record = adata.uns["scgsfm"]["r3lm_activity"]
    assert record["model"] == "small"
    assert record["status"]["ok"] == record["n_ok"] == 3
    assert not adata.obsm


@pytest.mark.parametrize("source", ["fasta", "bgzip", "open"])
def test_own_fasta(adata: AnnData, genome: dict[str, str], small_r3lm: SmallR3LM, tmp_path: Path, source: str) -> None:
    pyfaidx = pytest.importorskip("pyfaidx")
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in genome.items()))
    if source == "bgzip":
        bgzf = pytest.importorskip("Bio.bgzf")
        with bgzf.BgzfWriter(str(tmp_path / "genome.fa.gz")) as file:
            file.write(path.read_bytes())
        path = tmp_path / "genome.fa.gz"
    given = pyfaidx.Fasta(str(path)) if source == "open" else path
    regulatory_activity(adata, genome=given, model=small_r3lm)
    expected = regulatory_activity(adata, genome=genome, model=small_r3lm, copy=True).varm["r3lm_activity"]
    pd.testing.assert_frame_equal(adata.varm["r3lm_activity"], expected)


@pytest.mark.parametrize("write", ["h5ad", "zarr"])
def test_cells_and_groups(
    adata: AnnData, genome: dict[str, str], small_r3lm: SmallR3LM, tmp_path: Path, write: str
) -> None:
    out = regulatory_activity(
        adata, genome=genome, model=small_r3lm, groupby="group", key_added="act", windows="tile", copy=True
    )
    assert not adata.varm
    activity = out.varm["act"].to_numpy(float)[:3]
    x = adata.X.toarray()[:, :3]
    with np.errstate(invalid="ignore"):
        expected = x @ activity / x.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(out.obsm["act"], expected, rtol=1e-5)
    assert out.obsm["act"].iloc[3].isna().all()
    groups = pd.DataFrame(expected, adata.obs_names).groupby(adata.obs["group"]).mean()
    np.testing.assert_allclose(out.uns["act_groups"], groups, rtol=1e-5)
    getattr(out, f"write_{write}")(tmp_path / "out")
    again = ad.read_h5ad(tmp_path / "out") if write == "h5ad" else ad.read_zarr(tmp_path / "out")
    pd.testing.assert_frame_equal(again.varm["act"], out.varm["act"], check_names=False)
    pd.testing.assert_frame_equal(again.obsm["act"], out.obsm["act"], check_names=False)
    np.testing.assert_allclose(again.uns["act_groups"], out.uns["act_groups"])
    assert again.var["act_status"].tolist() == STATUS
    assert again.uns["scgsfm"]["act"]["params"]["windows"] == "tile"


def test_every_kind_of_matrix(array_type: Callable[..., Any], genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    x = np.random.default_rng(2).poisson(1.0, (30, len(NAMES))).astype(np.float32)
    adata = ad.AnnData(array_type(x), var=pd.DataFrame(index=NAMES))
    regulatory_activity(adata, genome=genome, model=small_r3lm, cells=True)
    activity = adata.varm["r3lm_activity"].to_numpy(float)[:3]
    with np.errstate(invalid="ignore"):
        expected = x[:, :3] @ activity / x[:, :3].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(adata.obsm["r3lm_activity"], expected, rtol=1e-5)


def test_layer_and_negative_values(adata: AnnData, genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    adata.layers["scaled"] = adata.X - sparse.csr_matrix(np.ones(adata.shape, np.float32))
    with pytest.raises(ValueError, match="accessibility can't be negative"):
        regulatory_activity(adata, genome=genome, model=small_r3lm, cells=True, layer="scaled")


def test_windows(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    """A long peak: its middle has no site, one of its tiles has."""
    var = pd.DataFrame({"chrom": ["chr1"], "start": [470], "end": [970]}, index=["long"])
    found = {}
    for windows in ("centre", "tile", "tile_max"):
        adata = ad.AnnData(np.ones((1, 1), np.float32), var=var)
        regulatory_activity(adata, genome=genome, model=small_r3lm, windows=windows)
        found[windows] = adata.varm["r3lm_activity"].iloc[0]
    tiles = small_r3lm.predict([genome["chr1"][at : at + 200] for at in (470, 620, 770)])
    np.testing.assert_allclose(found["tile"], tiles.mean(axis=0), rtol=1e-6)
    np.testing.assert_array_equal(found["tile_max"], tiles.max(axis=0))
    assert found["centre"]["K562"] < 0 < found["tile_max"]["K562"]


def test_sequences_alone(small_r3lm: SmallR3LM) -> None:
    texts = {"a": "ACGT" * 50, "b": SITES["K562"].lower() * 25, "c": "ACNN", "d": "chr1:1-2", "e": ""}
    table = regulatory_activity(sequences=texts, model=small_r3lm)
    assert table.index.tolist() == list("abcde")
    assert table["status"].tolist() == ["ok", "ok", "contains N", "not DNA", "no sequence"]
    expected = small_r3lm.predict([texts["a"], texts["b"]])
    np.testing.assert_array_equal(table[small_r3lm.cell_types].to_numpy()[:2], expected)
    by_list = regulatory_activity(sequences=list(texts.values()), model=small_r3lm)
    assert by_list.reset_index(drop=True).equals(table.reset_index(drop=True))
    assert by_list.index[0] == "sequence_0"


def test_sequences_of_data(adata: AnnData, small_r3lm: SmallR3LM) -> None:
    texts = ["ACGT" * 50] * 6 + [None]
    adata.var["dna"] = texts
    expected = small_r3lm.predict(texts[:1])[0]
    for given in ("dna", texts, dict(zip(NAMES, texts, strict=True)), pd.Series(texts[::-1], NAMES[::-1])):
        out = regulatory_activity(adata, sequences=given, model=small_r3lm, copy=True)
        np.testing.assert_array_equal(out.varm["r3lm_activity"].to_numpy()[:6], np.tile(expected, (6, 1)))
        assert out.var["r3lm_activity_status"].iloc[6] == "no sequence"


def test_other_species(adata: AnnData, genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    adata.uns["genome"] = "mm10"
    with pytest.warns(UserWarning, match="peaks of the mouse"):
        regulatory_activity(adata, genome=genome, model=small_r3lm)
    human = adata[:, :3].copy()
    human.uns["genome"] = "GRCh38"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        regulatory_activity(human, genome=genome, model=small_r3lm)


def test_elements_without_sequence(adata: AnnData, genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    """All are listed in one warning, or in an error."""
    listed = r"4 of 7 elements have no sequence: 1 contains N \('chr2:620-640'\).*1 unparsable name \('gene'\)"
    with pytest.warns(UserWarning, match=listed) as found:
        regulatory_activity(adata, genome=genome, model=small_r3lm)
    assert len(found) == 1
    with pytest.raises(ValueError, match=listed):
        regulatory_activity(adata, genome=genome, model=small_r3lm, on_error="raise")
    with pytest.raises(ValueError, match="`on_error` is 'ignore', but must be 'warn' or 'raise'"):
        regulatory_activity(adata, genome=genome, model=small_r3lm, on_error="ignore")


def test_names_of_other_tools(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    names = ["chr1:450-560(+)", "peak1::chr1:450-560", "chr1:450-560_peak", "1.0:450-560", "chr1:560-450", "chr1:-9-60"]
    adata = ad.AnnData(np.ones((1, len(names)), np.float32), var=pd.DataFrame(index=names))
    with pytest.warns(UserWarning, match="2 of 6 elements"):
        regulatory_activity(adata, genome=genome, model=small_r3lm)
    assert adata.var["r3lm_activity_status"].tolist() == ["ok"] * 4 + ["negative interval", "out of bounds"]
    assert np.ptp(adata.varm["r3lm_activity"].to_numpy()[:4], axis=0).max() == 0


def test_columns_with_missing_values_and_summits(genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    """A missing value turns the column of chromosomes into floats."""
    var = pd.DataFrame({"chrom": [1, 2, np.nan], "start": [100, 100, np.nan], "end": [400, 400, np.nan]}, list("abc"))
    adata = ad.AnnData(np.ones((1, 3), np.float32), var=var.assign(summit_offset=[20, -1, np.nan]))
    with pytest.warns(UserWarning, match="1 of 3 elements have no sequence: 1 unparsable name"):
        regulatory_activity(adata, genome=genome, model=small_r3lm)
    expected = small_r3lm.predict([genome["chr1"][20:220], genome["chr2"][150:350]])
    np.testing.assert_array_equal(adata.varm["r3lm_activity"].to_numpy()[:2], expected)


@pytest.mark.parametrize("kind", ["iterator", "records", "mapping"])
def test_kinds_of_sequences(small_r3lm: SmallR3LM, kind: str) -> None:
    seq, record = pytest.importorskip("Bio.Seq"), pytest.importorskip("Bio.SeqRecord")
    texts = {"a": "ACGT" * 50, "b": SITES["K562"] * 25}
    records = [record.SeqRecord(seq.Seq(text), id=name) for name, text in texts.items()]
    given = {"iterator": iter(records), "records": records, "mapping": {one.id: one for one in records}}[kind]
    table = regulatory_activity(sequences=given, model=small_r3lm)
    assert table.index.tolist() == ["a", "b"]
    expected = regulatory_activity(sequences=texts, model=small_r3lm)
    pd.testing.assert_frame_equal(table, expected)
    with pytest.raises(TypeError, match="`sequences` is a Seq, but must be a list"):
        regulatory_activity(sequences=records[0].seq, model=small_r3lm)


def test_errors(adata: AnnData, genome: dict[str, str], small_r3lm: SmallR3LM) -> None:
    with pytest.raises(ValueError, match="Give `genome`.*never downloaded"):
        regulatory_activity(adata, model=small_r3lm)
    with pytest.raises(ValueError, match="Give data"):
        regulatory_activity(genome=genome, model=small_r3lm)
    with pytest.raises(TypeError, match="`data` is a list"):
        regulatory_activity(["ACGT"], model=small_r3lm)
    with pytest.raises(ValueError, match="No element has a sequence.*7 .*Is this the FASTA"):
        regulatory_activity(adata, genome={"chrZ": "ACGT" * 100}, model=small_r3lm)
    with pytest.raises(ValueError, match="groupby='no'"):
        regulatory_activity(adata, genome=genome, model=small_r3lm, groupby="no")
    with pytest.raises(ValueError, match="`windows` is 'all'"):
        regulatory_activity(adata, genome=genome, model=small_r3lm, windows="all")
    with pytest.raises(ValueError, match="2 sequences, but the data have 7"):
        regulatory_activity(adata, sequences=["A", "C"], model=small_r3lm)
    with pytest.raises(ValueError, match="'a' occurs more than once"):
        regulatory_activity(adata, sequences=pd.Series(["ACGT"] * 2, ["a", "a"]), model=small_r3lm)
    with pytest.raises(ValueError, match="not a column of `var`"):
        regulatory_activity(adata, sequences="dna", model=small_r3lm)
    with pytest.raises(TypeError, match="`model` is a int"):
        regulatory_activity(adata, genome=genome, model=3)
    with pytest.raises(ValueError, match="`genome` or `sequences`, not both"):
        regulatory_activity(adata, genome=genome, sequences=["ACGT"] * 7, model=small_r3lm)
    with pytest.raises(ValueError, match="`layer` have no effect without `cells`"):
        regulatory_activity(adata, genome=genome, layer="counts", model=small_r3lm)
    with pytest.raises(ValueError, match="need data with cells"):
        regulatory_activity(sequences=["ACGT"], groupby="group", model=small_r3lm)
    with pytest.raises(TypeError, match="Read the file first"):
        regulatory_activity("cells.h5ad", genome=genome, model=small_r3lm)
    assert not adata.varm
