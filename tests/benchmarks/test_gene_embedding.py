"""The protocol against plain scikit-learn, on toy tasks."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import gene_embedding
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

from scgsfm._vocabulary import SPECIALS
from scgsfm.models._serialization import write_folder
from scgsfm.models.gsfm import build_module
from scgsfm.models.gsfm.training._corpus import build_corpus

SYMBOLS = ["A1BG", "A2M", "NAT1", "NAT2", "SERPINA3", "AADAC", "AAMP", "AANAT", "AARS1", "ABAT", "ABCA1", "ABCA2"]
IDS = [1, 2, 9, 10, 12, 13, 14, 15, 16, 18, 19, 20]


@pytest.fixture
def vectors() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(80, 5))


@pytest.fixture
def task(vectors: np.ndarray) -> pd.DataFrame:
    """Two terms, one in a corner of the space and one at random; each gene is once in a term's task."""
    rng = np.random.default_rng(1)
    parts = []
    for term, label in {"corner": vectors[:, :2].sum(1) > 1, "chance": rng.random(80) < 0.3}.items():
        split = rng.choice(["fold1", "fold2", "fold3", "holdout"], 80)
        parts.append(pd.DataFrame({"term": term, "split": split, "entrez": range(80), "label": label.astype(int)}))
    return pd.concat(parts, ignore_index=True)


def machine(x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, c: float) -> float:
    fitted = SVC(C=c, class_weight="balanced").fit(x[train], y[train])
    return roc_auc_score(y[test], fitted.decision_function(x[test]))


def test_terms_against_sklearn(vectors: np.ndarray, task: pd.DataFrame) -> None:
    found = gene_embedding.term_aurocs(vectors, task).set_index("term")
    for term, part in task.groupby("term"):
        y, split = part["label"].to_numpy(), part["split"].to_numpy()
        held_out = split == "holdout"
        by_c = [
            np.mean([machine(vectors, y, ~held_out & (split != f), split == f, c) for f in gene_embedding.FOLDS])
            for c in gene_embedding.C_VALUES
        ]
        best = gene_embedding.C_VALUES[int(np.argmax(by_c))]
        assert found.at[term, "folds"] == pytest.approx(max(by_c))
        assert found.at[term, "auroc"] == pytest.approx(machine(vectors, y, ~held_out, held_out, best))
    assert found.at["corner", "auroc"] > 0.85 > 0.75 > found.at["chance", "auroc"]


def test_pairs_against_sklearn(vectors: np.ndarray) -> None:
    rng = np.random.default_rng(2)
    pairs = pd.DataFrame(rng.integers(80, size=(150, 2)), columns=["gene1", "gene2"])
    x = vectors[pairs["gene1"]] + vectors[pairs["gene2"]]
    pairs["label"] = (x[:, 0] > 0.5).astype(int)
    for outer in range(3):
        test = np.arange(150) % 3 == outer
        pairs[f"outer{outer}"] = np.where(test, "test", np.where(np.arange(150) < 140, "train", "none"))
        for inner in range(3):
            part = rng.choice(["t", "v"], 150)
            pairs[f"outer{outer}_inner{inner}"] = np.where(pairs[f"outer{outer}"] == "train", part, None)
    found = gene_embedding.pair_aurocs(vectors, pairs)
    y = pairs["label"].to_numpy()
    for outer, row in enumerate(found.itertuples()):
        folds = [pairs[f"outer{outer}_inner{i}"].to_numpy() for i in range(3)]
        by_c = [np.mean([machine(x, y, f == "t", f == "v", c) for f in folds]) for c in gene_embedding.C_VALUES]
        best = gene_embedding.C_VALUES[int(np.argmax(by_c))]
        split = pairs[f"outer{outer}"].to_numpy()
        assert row.auroc == pytest.approx(machine(x, y, split == "train", split == "test", best))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Data of two GO terms; gene 20 isn't shared by all embeddings."""
    place = tmp_path / "embedding_benchmark"
    place.mkdir()
    (place / "intersect_ref_genelist_entrez.txt").write_text("\n".join(map(str, IDS[:-1])) + "\n")
    rng = np.random.default_rng(0)
    rows = ["term\tsplit\tentrez\tlabel"]
    for term in ("GO:1", "GO:2"):
        for split in ("fold1", "fold2", "fold3", "holdout"):
            drawn = rng.permutation(IDS)
            rows += [f"{term}\t{split}\t{gene}\t{int(i % 2)}" for i, gene in enumerate(drawn)]
    with gzip.open(place / "gene_level_go.tsv.gz", "wt") as file:
        file.write("\n".join(rows) + "\n")
    names = gene_embedding.PUBLISHED.values()
    table = pd.DataFrame({"GO": np.linspace(0.5, 0.9, len(names))}, index=list(names))
    table.to_csv(place / "LEADERBOARD_mean_scores.tsv", sep="\t")
    return place


def test_read(folder: Path) -> None:
    shared = gene_embedding.shared_genes(folder)
    assert shared.tolist() == SYMBOLS[:-1]
    task = gene_embedding.read(folder, "gene_level_go", ["entrez"], shared)
    assert len(task) == 8 * 11
    assert set(task["entrez"]) == set(SYMBOLS[:-1])
    found = gene_embedding.known(task, ["entrez"], ["x", "NAT2", "A1BG"])
    assert set(found["entrez"]) == {1, 2}
    assert len(found) == 16


def test_overlap(tmp_path: Path) -> None:
    (tmp_path / "train" / "g").mkdir(parents=True)
    sets = {"same": SYMBOLS[:6], "half": [*SYMBOLS[6:9], "OUTSIDE"], "few": SYMBOLS[:2]}
    text = "\n".join("\t".join([name, "", *genes]) for name, genes in sets.items())
    (tmp_path / "train" / "g" / "sets.gmt").write_text(text + "\n")
    corpus = build_corpus([tmp_path / "train"], tmp_path / "corpus", min_count=1, min_genes=2)
    rows = [(t, "fold1", g, 1) for t, genes in {"a": SYMBOLS[:6], "b": SYMBOLS[6:12]}.items() for g in genes]
    rows += [("a", "fold1", "ABCA1", 0)]
    task = pd.DataFrame(rows, columns=["term", "split", "entrez", "label"])
    found = gene_embedding.overlap(task, corpus, SYMBOLS, pd.Series({"a": 0.9, "b": 0.7}))
    assert (found["highest"], found["median"]) == (1.0, pytest.approx(0.75))
    found = gene_embedding.overlap(task, corpus, SYMBOLS[1:], pd.Series({"a": 0.9, "b": 0.7}))
    assert found["highest"] == 1.0


def test_script(tmp_path: Path, folder: Path) -> None:
    """The script as users run it, with a model of random weights."""
    genes = [*SPECIALS, *SYMBOLS]
    config = {"vocab_size": len(genes), "d_model": 8}
    tensors = {key: value.numpy() for key, value in build_module(config).state_dict().items()}
    write_folder(tmp_path / "model", config, tensors, genes, {"config": config})
    options = ["--model", tmp_path / "model", "--data", tmp_path, "--tasks", "go", "--out", tmp_path]
    command = [sys.executable, Path(gene_embedding.__file__), *options]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    table = pd.read_csv(tmp_path / "gene_embedding.csv", comment="#")
    ours = table[table["source"] == "this run"]
    assert {f"model, {kind}" for kind in ("single", "encoder", "decoder")} <= set(ours["embedding"])
    assert ours["auroc"].between(ours["low"], ours["high"]).all()
    assert (table["source"] == "published").sum() == len(gene_embedding.PUBLISHED)
    assert str(tmp_path) not in done.stdout
