"""The split by time and its turned-round measure against scikit-learn, on toy releases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import time_split
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from scgsfm._vocabulary import SPECIALS
from scgsfm.models._serialization import write_folder
from scgsfm.models.gsfm import build_module

if TYPE_CHECKING:
    from scgsfm.models.gsfm import GSFM

GENES = [f"G{i:02d}" for i in range(60)]


def write(path: Path, terms: dict[str, list[str]]) -> Path:
    path.write_text("".join("\t".join([name, "", *genes]) + "\n" for name, genes in terms.items()))
    return path


@pytest.fixture
def releases(tmp_path: Path) -> tuple[Path, Path]:
    """Three terms of both releases, of which the third gains but two genes, and one of either."""
    old = {
        "lipid pathway (LP)_Homo sapiens_hsa00532": GENES[:10],
        "shape (GO:0000001)": GENES[20:30],
        "Small": GENES[5:15],
        "Gone": GENES[3:9],
    }
    new = {
        "Lipid Pathway": [*GENES[2:10], *GENES[40:46], "unknown"],
        "Form (GO:0000001)": [*GENES[20:30], *GENES[46:49]],
        "small": [*GENES[5:15], *GENES[50:52]],
        "Come": GENES[30:36],
    }
    return write(tmp_path / "old.gmt", old), write(tmp_path / "new.gmt", new)


def test_identity() -> None:
    assert time_split.identity("De-novo x_Homo sapiens_hsa00532") == time_split.identity("De Novo X (dnx)")
    assert time_split.identity("a (GO:0000001)") == "GO:0000001"


def test_split(releases: tuple[Path, Path]) -> None:
    task = time_split.read_split(*releases, GENES)
    assert task.terms == ["Lipid Pathway", "Form (GO:0000001)"]
    names = lambda rows: [[GENES[i] for i in row.indices] for row in (rows[[0]], rows[[1]])]
    assert names(task.queries) == [GENES[:10], GENES[20:30]]
    assert names(task.targets) == [GENES[40:46], GENES[46:49]]
    new = {*GENES[2:15], *GENES[20:36], *GENES[40:49], *GENES[50:52]}
    assert [GENES[i] for i in task.universe] == sorted(new)


def test_orders(releases: tuple[Path, Path], gsfm: GSFM, monkeypatch: pytest.MonkeyPatch) -> None:
    task = time_split.read_split(*releases, GENES)
    scores = np.random.default_rng(0).integers(0, 2, (2, 62)).astype(np.float32)
    genes = [*SPECIALS, *GENES]
    gsfm.genes, gsfm.popularity = genes, np.zeros(62, np.float32)
    gsfm.__dict__.pop("_token", None)
    monkeypatch.setattr(time_split, "predictions", lambda own, model: [(slice(0, 2), scores, scores)])
    found = time_split.orders(task, GENES, gsfm)
    assert list(found) == list(time_split.ORDERS)
    new, old = (rows.toarray() > 0 for rows in (task.targets, task.queries))
    expected = []
    for gene in np.flatnonzero(new.any(0) & ~new.all(0)):
        asked = ~old[:, gene]
        expected.append(roc_auc_score(new[asked, gene], scores[asked, gene + 2]))
    np.testing.assert_allclose(found["logit"], expected)


def test_agreement() -> None:
    rng = np.random.default_rng(0)
    told = rng.random(40)
    later = told + rng.normal(0, 0.3, 40)
    row = time_split.agreement(told, later)
    assert row["Spearman"].startswith(f"{spearmanr(told, later)[0]:.2f} [")
    lowest = np.argsort(told)[:10]
    assert row["lowest quarter"] == f"{np.median(told[lowest]):.3f} / {np.median(later[lowest]):.3f}"


def test_script(tmp_path: Path, releases: tuple[Path, Path]) -> None:
    """The script as users run it, with a model of random weights."""
    genes = [*SPECIALS, *GENES]
    config = {"vocab_size": len(genes), "d_model": 8}
    tensors = {key: value.numpy() for key, value in build_module(config).state_dict().items()}
    write_folder(tmp_path / "model", config, tensors, genes, {})
    split = ":".join(map(str, releases))
    options = ["--model", tmp_path / "model", "--splits", split, "--baselines", "none", "--out", tmp_path]
    command = [sys.executable, Path(time_split.__file__), *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "time_split.csv", comment="#")
    assert table[["method", "library", "n_terms"]].to_numpy().tolist() == [["model", "old → new", 2]]
    assert len(pd.read_csv(tmp_path / "term_order.csv", comment="#")) == len(time_split.ORDERS)
    assert len(pd.read_csv(tmp_path / "reliability.csv", comment="#")) == 1
    assert str(tmp_path) not in done.stdout
