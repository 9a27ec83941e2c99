"""``scgsfm demo``."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

import scgsfm
from scgsfm.cli import _demo, main

TABLES = Path(__file__).parents[1] / "docs" / "benchmarks"


class Demo(NamedTuple):
    text: str
    adata: ad.AnnData
    figure: bytes


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """What the command prints and writes."""
    folder = tmp_path_factory.mktemp("demo")
    table, figure = folder / "demo.h5ad", folder / "demo.png"
    with redirect_stdout(StringIO()) as text:
        assert main(["demo", "-o", str(table), "--figure", str(figure)]) == 0
    return Demo(text.getvalue(), ad.read_h5ad(table), figure.read_bytes())


def printed(text: str) -> pd.DataFrame:
    """Mean AUROC printed for each depth (percent × method)."""
    rows = re.findall(r"^ *(\d+) % +[\d,]+ +\d+ % +(0\.\d{3}) +(0\.\d{3})$", text, flags=re.MULTILINE)
    return pd.DataFrame(
        [[float(a), float(b)] for _, a, b in rows], index=[int(p) for p, *_ in rows], columns=["aucell", "gsfm"]
    )


def test_output(demo: Demo) -> None:
    assert demo.adata.n_obs == 3 * 700
    assert demo.adata.obs["percent"].value_counts().to_dict() == {100: 700, 10: 700, 3: 700}
    assert demo.adata.obsm["score_gsfm"].shape == demo.adata.obsm["score_aucell"].shape == (2100, 90)
    assert np.isfinite(demo.adata.obsm["X_tsne"]).all()
    assert demo.figure.startswith(b"\x89PNG")


def test_one_line_per_depth_with_the_mean_auroc(demo: Demo) -> None:
    found = printed(demo.text)
    assert list(found.index) == [100, 10, 3]
    for percent in found.index:
        cells = demo.adata[demo.adata.obs["percent"] == percent]
        for method in ("aucell", "gsfm"):
            expected = [
                roc_auc_score(cells.obs["cell_type"] == name.rpartition(" ")[0], scores)
                for name, scores in cells.obsm[f"score_{method}"].items()
            ]
            assert found.loc[percent, method] == pytest.approx(np.mean(expected), abs=6e-4)


def test_cells_without_any_gene_of_the_set(demo: Demo) -> None:
    """The reason to complete sets: README and the first page state the share of such cells."""
    found = dict(re.findall(r"^ *(\d+) % +[\d,]+ +(\d+) %", demo.text, flags=re.MULTILINE))
    markers = scgsfm.datasets.library("pbmc_markers")
    names = list(demo.adata.var_names)
    sets = _demo.draw_sets({t: [g for g in markers[t] if g in names] for t in _demo.TYPES}, 0)
    for percent, stated in found.items():
        shares = []
        for name, genes in sets.items():
            obs = demo.adata.obs
            own = (obs["percent"] == int(percent)) & (obs["cell_type"] == name.rpartition(" ")[0])
            counts = demo.adata[own.to_numpy(), genes].X.toarray()
            shares.append((counts.sum(axis=1) == 0).mean())
        assert int(stated) == round(100 * np.mean(shares))
    for page in ("README.md", "docs/index.md"):
        text = " ".join((TABLES.parents[1] / page).read_text(encoding="utf-8").split())
        assert (
            f"{found['10']} % of the cells that it should find have none of the five; with 3 %, {found['3']} %" in text
        )
        assert "10 % of their counts (224 per cell" in text
    assert re.search(r"^ *10 % +224 ", demo.text, flags=re.MULTILINE)


def test_completed_sets_lose_less(demo: Demo) -> None:
    found = printed(demo.text)
    gain = found["gsfm"] - found["aucell"]
    assert gain[3] > gain[10] > gain[100] > -0.005
    assert gain[3] > 0.08


def test_agrees_with_the_benchmark_of_all_cells(demo: Demo) -> None:
    table = pd.read_csv(TABLES / "dropout.csv", comment="#")
    table = table[(table["sets"] == "5 genes") & (table["method"] != "difference")]
    expected = table.assign(percent=table["counts"].str.rstrip("%").astype(int)).pivot_table(
        "auroc", "percent", "method"
    )
    assert (printed(demo.text) - expected).abs().to_numpy().max() < 0.02


def test_thinned_counts() -> None:
    adata = scgsfm.datasets.pbmc()
    thinned = _demo.thinned(adata, 10, np.random.default_rng(0))
    assert (thinned.X > adata.X).nnz == 0
    assert thinned.X.data.min() >= 1
    assert thinned.X.sum() == pytest.approx(0.1 * adata.X.sum(), rel=0.01)
    assert thinned.obs["n_counts"].to_numpy() == pytest.approx(np.asarray(thinned.X.sum(axis=1)).ravel())


def test_sets_are_five_markers_and_depend_on_the_seed() -> None:
    markers = {"B": list("abcdefgh"), "NK": list("uvwxyz")}
    sets = _demo.draw_sets(markers, 0)
    assert list(sets) == [f"{name} {draw}" for name in markers for draw in range(10)]
    assert all(len(set(genes)) == 5 and set(genes) <= set(markers[name[:-2]]) for name, genes in sets.items())
    assert sets == _demo.draw_sets(markers, 0) != _demo.draw_sets(markers, 1)


def test_existing_outputs_are_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure = tmp_path / "demo.png"
    figure.write_bytes(b"mine")
    assert main(["demo", "-o", str(tmp_path / "demo.h5ad"), "--figure", str(figure)]) == 2
    assert "already exists" in capsys.readouterr().err
    assert figure.read_bytes() == b"mine"
