from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import scgsfm
from scgsfm.completion import _cross_validation, _uniqueness, prediction_tables, requested_genes
from scgsfm.errors import GeneMatchError, GeneMatchWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM

    Dense = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

GENES = [
    *("CD3D", "CD3E", "CD3G", "CD2", "CD8A", "CD4", "LCK", "ZAP70", "CD79A", "CD79B", "MS4A1", "CD19", "LYZ"),
    *("S100A8", "S100A9", "CD14", "NKG7", "GNLY", "PRF1", "GZMB", "ACTB", "GAPDH", "MALAT1", "PPBP", "PF4"),
]
"""Those that the model knows, in its order."""
LIBRARY = {
    "T/NK": [*GENES[:8], "NKG7", "PRF1", "GNLY"],
    "B": ["CD79A", "CD79B", "MS4A1", "CD19", "CD4", "no gene"],
    "myeloid": ["LYZ", "S100A8", "S100A9", "CD14", "ACTB"],
    "two": ["CD4", "LYZ"],
    "one": ["PPBP"],
}
COLUMNS = ["probability", "zscore", "rank", "known", "auroc", "uniqueness"]


@pytest.fixture
def gsfm(gsfm: GSFM) -> GSFM:
    """With logits small enough that no probabilities are equal."""
    gsfm.module.last.weight.data *= 0.02
    gsfm.module.last.bias.data *= 0.02
    return gsfm


def standardised(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / x.std()


def values(dense: Dense, genes: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, probabilities and z-scores of all genes for one query."""
    x = np.isin(["<unk>", "<pad>", *GENES], genes)[None].astype(float)
    popularity = dense(np.eye(len(GENES) + 2)[2:])[1].mean(axis=0)
    logits = dense(x)[1][0]
    return logits[2:], 1 / (1 + np.exp(-logits[2:])), standardised((logits - popularity)[2:])


@pytest.fixture
def expected(gsfm: GSFM, dense: Dense) -> pd.DataFrame:
    """All pairs, one query at a time, with the folds that the package makes."""
    shuffled = np.random.default_rng(0).permutation(len(gsfm.genes))
    universe = sorted({g for genes in LIBRARY.values() for g in genes} & set(GENES))
    rows = []
    for term, listed in LIBRARY.items():
        genes = sorted(set(listed) & set(GENES), key=lambda gene: shuffled[gsfm.genes.index(gene)])
        logits, probability, zscore = values(dense, genes)
        found = dict(zip(GENES, zip(probability, zscore, standardised(logits), strict=True), strict=True))
        aurocs = []
        for fold in range(5):
            held = genes[fold::5]
            logits, probability, zscore = values(dense, [g for g in genes if g not in held])
            for gene in held:
                i = GENES.index(gene)
                alone = len(genes) == 1
                found[gene] = (np.nan,) * 3 if alone else (probability[i], zscore[i], standardised(logits)[i])
                rivals = [GENES.index(g) for g in universe if g not in genes]
                aurocs.append(roc_auc_score([1] + [0] * len(rivals), logits[[i, *rivals]]))
        auroc = np.mean(aurocs) if len(genes) >= 5 else np.nan
        more = np.log(len(genes)) / 2
        rows += [(gene, term, p, z, fit + more, gene in genes, auroc) for gene, (p, z, fit) in found.items()]
    frame = pd.DataFrame(rows, columns=["gene", "term", "probability", "zscore", "score", "known", "auroc"])
    return frame[frame["probability"].notna()]


def check(table: pd.DataFrame, expected: pd.DataFrame) -> None:
    """Same rows in the same order, same numbers, no matter where the index starts."""
    assert table["gene"].tolist() == expected["gene"].tolist()
    assert table["term"].tolist() == expected["term"].tolist()
    assert table["known"].tolist() == expected["known"].tolist()
    for column in ("probability", "zscore", "auroc"):
        assert table[column].dtype == np.float32
        np.testing.assert_allclose(table[column], expected[column], rtol=2e-4, atol=1e-5, err_msg=column)


def ranked(expected: pd.DataFrame, by: str, names: list[str]) -> pd.DataFrame:
    order = expected[by].map({name: i for i, name in enumerate(names)})
    return expected.assign(order=order).sort_values(["order", "score"], ascending=[True, False])


def test_all_pairs(gsfm: GSFM, expected: pd.DataFrame) -> None:
    asked = ["PPBP", "LYZ", "Cd4", "MALAT1"]
    table = scgsfm.tl.predict_functions(asked, library=LIBRARY, model=gsfm, n_top=None)
    assert table.columns.tolist() == ["gene", "term", *COLUMNS]
    known_as = expected.assign(gene=expected["gene"].replace({"CD4": "Cd4"}))
    check(table, ranked(known_as[known_as["gene"].isin(asked)], "gene", asked))
    assert table["rank"].tolist() == [*range(1, 5), *range(1, 6), *range(1, 6), *range(1, 6)]


def test_all_pairs_by_term(gsfm: GSFM, expected: pd.DataFrame) -> None:
    table = scgsfm.tl.predict_functions(library=LIBRARY, model=gsfm, by="term", n_top=None)
    assert table.columns.tolist() == ["term", "gene", *COLUMNS]
    check(table, ranked(expected, "term", list(LIBRARY)))
    assert table["rank"].tolist() == [*np.tile(np.arange(1, 26), 4), *range(1, 25)]


@pytest.mark.parametrize("by", ["gene", "term"])
@pytest.mark.parametrize("known", ["include", "exclude"])
def test_top_of_blocks_is_top_of_all(
    gsfm: GSFM, expected: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, by: str, known: str
) -> None:
    monkeypatch.setattr("scgsfm.completion._complete.SETS_AT_A_TIME", 2)
    monkeypatch.setattr("scgsfm.completion._cross_validation.SETS_AT_A_TIME", 10)
    options: dict[str, Any] = {"by": by, "n_top": 3, "known": known}
    table = scgsfm.tl.predict_functions(GENES, library=LIBRARY, model=gsfm, **options)
    listed = expected[~expected["known"]] if known == "exclude" else expected
    check(table, ranked(listed, by, GENES if by == "gene" else list(LIBRARY)).groupby(by, sort=False).head(3))
    assert table["rank"].max() == 3


def test_without_cross_validation(gsfm: GSFM, expected: pd.DataFrame) -> None:
    """Predictions of genes that are not listed do not need it."""
    options: dict[str, Any] = {"by": "gene", "n_top": 3, "min_probability": 0.0, "known": "include"}
    parts = prediction_tables(*requested_genes(GENES, gsfm), LIBRARY, gsfm, **options, validated=False)
    table = pd.concat(parts, ignore_index=True)
    assert table[["auroc", "uniqueness"]].isna().all(axis=None)
    best = ranked(expected[~expected["known"]], "gene", GENES).groupby("gene", sort=False).head(3)
    check(table, best.assign(auroc=np.nan))


def test_uniqueness(gsfm: GSFM, expected: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Share of the five top-ranked genes of a term that have it among their two top-ranked terms."""
    monkeypatch.setattr("scgsfm.completion._uniqueness.N_GENES", 5)
    monkeypatch.setattr("scgsfm.completion._uniqueness.N_TERMS", 2)
    monkeypatch.setattr("scgsfm.completion._complete.SETS_AT_A_TIME", 2)
    first = {gene: set(rows.nlargest(2, "score")["term"]) for gene, rows in expected.groupby("gene")}
    shares = {
        term: np.mean([term in first[gene] for gene in rows.nlargest(5, "score")["gene"]])
        for term, rows in expected.groupby("term")
    }
    assert len(set(shares.values())) > 2
    options: dict[str, Any] = {"library": LIBRARY, "model": gsfm, "n_top": None}
    for by in ("gene", "term"):
        table = scgsfm.tl.predict_functions(by=by, **options)
        assert table["uniqueness"].dtype == np.float32
        np.testing.assert_allclose(table["uniqueness"], table["term"].map(shares), rtol=1e-6)
    # it does not depend on what is listed
    some = scgsfm.tl.predict_functions(["CD4"], known="exclude", min_probability=0.2, **options)
    np.testing.assert_allclose(some["uniqueness"], some["term"].map(shares), rtol=1e-6)


def test_uniqueness_of_few_terms_is_one(gsfm: GSFM) -> None:
    table = scgsfm.tl.predict_functions(library=LIBRARY, model=gsfm, n_top=None)
    assert (table["uniqueness"] == 1).all()


def test_min_probability(gsfm: GSFM) -> None:
    options: dict[str, Any] = {"library": LIBRARY, "model": gsfm}
    every = scgsfm.tl.predict_functions(n_top=None, **options)
    level = float(every["probability"].median())
    some = scgsfm.tl.predict_functions(n_top=None, min_probability=level, **options)
    expected = every[every["probability"] >= level].reset_index(drop=True)
    pd.testing.assert_frame_equal(some.drop(columns="rank"), expected.drop(columns="rank"))
    assert (some["rank"] == some.groupby("gene", sort=False).cumcount() + 1).all()


def test_known_genes_are_scored_by_cross_validation(gsfm: GSFM) -> None:
    with_it = scgsfm.tl.complete_sets({"two": LIBRARY["two"]}, model=gsfm, n_genes=None).set_index("gene")
    without = scgsfm.tl.complete_sets({"two": ["LYZ"]}, model=gsfm, n_genes=None).set_index("gene")
    table = scgsfm.tl.predict_functions(["CD4"], library=LIBRARY, model=gsfm).set_index("term")
    assert table.loc["two", "probability"] == pytest.approx(without.loc["CD4", "probability"], rel=1e-4)
    assert table.loc["two", "probability"] != pytest.approx(with_it.loc["CD4", "probability"], rel=1e-2)


def test_terms_are_independent(gsfm: GSFM) -> None:
    both = scgsfm.tl.predict_functions(library=LIBRARY, model=gsfm, by="term", n_top=None)
    alone = scgsfm.tl.predict_functions(library={"B": LIBRARY["B"]}, model=gsfm, by="term", n_top=None)
    same = both[both["term"] == "B"].reset_index(drop=True).drop(columns="auroc")  # other terms' genes are its rivals
    pd.testing.assert_frame_equal(same, alone.drop(columns="auroc"), rtol=1e-4, atol=1e-5)
    assert alone["auroc"].isna().all()


def test_cache(gsfm: GSFM, own_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_settings.cache_dir / "functions"
    ask = lambda model=gsfm, library=LIBRARY: scgsfm.tl.predict_functions(library=library, model=model)
    first = ask()
    assert not folder.exists(), "few sets are computed faster than a file is read"
    monkeypatch.setattr(_cross_validation, "MIN_SETS_CACHED", 1)
    pd.testing.assert_frame_equal(ask(), first)
    (file,) = folder.iterdir()
    compute = _cross_validation._compute
    monkeypatch.setattr(_cross_validation, "_compute", lambda *_: pytest.fail("computed again"))
    pd.testing.assert_frame_equal(ask(), first)
    monkeypatch.setattr(_cross_validation, "_compute", compute)
    file.write_bytes(b"cut short")
    pd.testing.assert_frame_equal(ask(), first)
    ask(library={"B": LIBRARY["B"]})
    assert len(list(folder.iterdir())) == 2

    import torch

    from scgsfm.models.gsfm import GSFM

    torch.nn.init.ones_(gsfm.module.last.bias)
    changed = GSFM(gsfm.module, gsfm.genes)
    assert changed.fingerprint != gsfm.fingerprint
    ask(changed)
    assert len(list(folder.iterdir())) == 3


def test_cache_of_uniqueness(gsfm: GSFM, own_settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = lambda: scgsfm.tl.predict_functions(library=LIBRARY, model=gsfm)
    first = ask()
    monkeypatch.setattr(_uniqueness, "MIN_SETS_CACHED", 1)
    pd.testing.assert_frame_equal(ask(), first)
    (file,) = (own_settings.cache_dir / "functions").iterdir()
    assert file.stem.endswith("_uniqueness_100_10")
    monkeypatch.setattr(_uniqueness, "_compute", lambda *_: pytest.fail("computed again"))
    pd.testing.assert_frame_equal(ask(), first)


def test_cache_that_cannot_be_written(
    gsfm: GSFM, own_settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_cross_validation, "MIN_SETS_CACHED", 1)
    own_settings.cache_dir.mkdir()
    (own_settings.cache_dir / "functions").write_text("in the way")
    with caplog.at_level("WARNING", logger="scgsfm"):
        assert len(scgsfm.tl.predict_functions(library=LIBRARY, model=gsfm, n_top=1)) == 25
    assert "can't be written" in caplog.text


@pytest.fixture
def adata() -> ad.AnnData:
    return ad.AnnData(np.ones((2, 5), np.float32), var=pd.DataFrame(index=["LYZ", "CD4", "AL1.2", "ACTB", "CD14"]))


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_data(adata: ad.AnnData, gsfm: GSFM, tmp_path: Path, suffix: str) -> None:
    options: dict[str, Any] = {"library": LIBRARY, "model": gsfm, "n_top": 2}
    assert scgsfm.tl.predict_functions(adata, **options) is None
    table = scgsfm.tl.predict_functions(["LYZ", "CD4", "ACTB", "CD14"], **options)
    pd.testing.assert_frame_equal(adata.uns["predicted_functions"], table)
    record = adata.uns["scgsfm"]["predicted_functions"]
    assert (record["n_genes"], record["n_known"], record["model"], record["params"]["n_top"]) == (5, 4, "tiny", 2)

    path = tmp_path / f"cells.{suffix}"
    getattr(adata, f"write_{suffix}")(path)
    again = getattr(ad, f"read_{suffix}")(path).uns["predicted_functions"]
    pd.testing.assert_frame_equal(again.reset_index(drop=True), table, check_dtype=False)
    assert "T/NK" in set(again["term"])


def test_data_options(adata: ad.AnnData, gsfm: GSFM) -> None:
    adata.var["symbol"] = adata.var_names[::-1]
    adata.var["wanted"] = [True, False, False, False, False]
    options: dict[str, Any] = {"library": LIBRARY, "model": gsfm, "mask_var": "wanted", "key_added": "f"}
    copy = scgsfm.tl.predict_functions(adata, gene_symbols="symbol", copy=True, **options)
    assert set(copy.uns["f"]["gene"]) == {"CD14"}
    assert not adata.uns
    scgsfm.tl.predict_functions(adata, **options)
    assert set(adata.uns["f"]["gene"]) == {"LYZ"}


def test_unknown_genes(gsfm: GSFM) -> None:
    with pytest.warns(GeneMatchWarning, match="2 genes are not in the model's vocabulary.*'novel', 'AL1.2'"):
        table = scgsfm.tl.predict_functions(["CD4", "novel", "LYZ", "AL1.2", "CD4"], library=LIBRARY, model=gsfm)
    assert table["gene"].tolist() == ["CD4"] * 5 + ["LYZ"] * 5
    with pytest.raises(GeneMatchError, match="0 of 1 genes in the model's vocabulary"):
        scgsfm.tl.predict_functions(["novel"], library=LIBRARY, model=gsfm)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "cell"}, "`by` is 'cell', but must be 'gene' or 'term'"),
        ({"known": True}, "`known` is True, but must be 'include' or 'exclude'"),
        ({"n_top": 0}, "`n_top` is 0"),
        ({"min_probability": 1.5}, "`min_probability` 1.5"),
        ({"mask_var": "highly_variable"}, "require AnnData, but `genes` is a list"),
        ({"library": {"down": {"CD4": -1.0}}}, "Sets with negative weights can't be predicted"),
    ],
)
def test_errors(gsfm: GSFM, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        scgsfm.tl.predict_functions(["CD4"], **{"library": LIBRARY, "model": gsfm} | options)


def test_a_single_name_is_not_a_list(gsfm: GSFM) -> None:
    with pytest.raises(TypeError, match="is the string 'CD4'"):
        scgsfm.tl.predict_functions("CD4", library=LIBRARY, model=gsfm)


def test_series_of_names(gsfm: GSFM) -> None:
    names = ["CD4", "LYZ"]
    found = scgsfm.tl.predict_functions(pd.Series(names), library=LIBRARY, model=gsfm)
    pd.testing.assert_frame_equal(found, scgsfm.tl.predict_functions(names, library=LIBRARY, model=gsfm))
