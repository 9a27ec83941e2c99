"""The protocol and its baselines against plain numpy and scikit-learn, on a toy library and corpus."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import gene_function
import numpy as np
import pandas as pd
import pytest
from _baselines import cooccurrence, corpus_matrix, popularity, tempered_weights, truncated_svd
from scipy.sparse import csr_array
from sklearn.metrics import roc_auc_score

from scgsfm._vocabulary import SPECIALS
from scgsfm.models._serialization import write_folder
from scgsfm.models.gsfm import build_module
from scgsfm.models.gsfm.training._corpus import build_corpus

if TYPE_CHECKING:
    from scgsfm.models.gsfm.training._corpus import Corpus

GENES = [f"G{i:02d}" for i in range(60)]
VOCABULARY = GENES[:50]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Twelve terms over 60 genes, of which the vocabulary has 50; two terms are too small."""
    rng = np.random.default_rng(0)
    sizes = [*rng.integers(15, 25, 10), 8, 5]
    lines = ["\t".join([f"term {i}", "", *rng.choice(GENES, n, replace=False)]) for i, n in enumerate(sizes)]
    path = tmp_path / "toy.gmt"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """Sets of two groups of unlike sizes."""
    rng = np.random.default_rng(1)
    for group, n in [("few", 9), ("many", 100)]:
        (tmp_path / "train" / group).mkdir(parents=True)
        lines = ["\t".join([f"s{i}", "", *rng.choice(GENES, rng.integers(6, 20), replace=False)]) for i in range(n)]
        (tmp_path / "train" / group / "sets.gmt").write_text("\n".join(lines) + "\n")
    return build_corpus([tmp_path / "train"], tmp_path / "corpus", min_count=1)


def noisy(queries: csr_array) -> np.ndarray:
    """Scores with many ties."""
    rng = np.random.default_rng(queries.nnz)
    return rng.integers(0, 6, queries.shape).astype(np.float32)


def test_task(library: Path) -> None:
    task = gene_function.read_task(library, VOCABULARY, repeats=3)
    sets = {line.split("\t")[0]: set(line.split("\t")[2:]) for line in library.read_text().splitlines()}
    known = {name: genes & set(VOCABULARY) for name, genes in sets.items()}
    assert task.terms == [name for name, genes in known.items() if len(genes) >= 10]
    assert [VOCABULARY[i] for i in task.universe] == sorted(set.union(*known.values()))
    for row, name in enumerate(np.repeat(task.terms, 3)):
        query, target = ({VOCABULARY[i] for i in half[[row]].indices} for half in (task.queries, task.targets))
        assert query | target == known[name]
        assert not query & target
        assert len(query) == len(known[name]) // 2
    halves = task.queries.toarray().reshape(len(task.terms), 3, -1)
    assert (halves[:, 0] != halves[:, 1]).any(axis=1).all()


def test_auroc_against_sklearn(library: Path) -> None:
    task = gene_function.read_task(library, VOCABULARY, repeats=3)
    found = gene_function.evaluate(noisy, VOCABULARY, library, repeats=3)
    scores, query, target = noisy(task.queries), task.queries.toarray() > 0, task.targets.toarray() > 0
    expected = []
    for row in range(len(scores)):
        asked = [g for g in task.universe if not query[row, g]]
        expected.append(roc_auc_score(target[row, asked], scores[row, asked]))
    np.testing.assert_allclose(found["auroc"], np.median(np.reshape(expected, (-1, 3)), axis=1))
    assert found["n_genes"].tolist() == (query + target)[::3].sum(1).tolist()


def test_a_perfect_method_has_one(library: Path) -> None:
    task = gene_function.read_task(library, VOCABULARY)
    place = {row.tobytes(): i for i, row in enumerate(task.queries.toarray())}
    targets = task.targets.toarray()
    perfect = lambda queries: np.stack([targets[place[row.tobytes()]] for row in queries.toarray()])
    assert (gene_function.run(perfect, task)["auroc"] == 1).all()


def test_numbers_that_are_none_are_refused(library: Path) -> None:
    with pytest.raises(ValueError, match="no numbers"):
        gene_function.evaluate(lambda queries: np.full(queries.shape, np.nan), VOCABULARY, library)


def test_sample_of_terms_is_seeded(library: Path) -> None:
    first, again, other = (gene_function.read_task(library, VOCABULARY, max_terms=4, seed=s) for s in (0, 0, 1))
    assert first.terms == again.terms != other.terms
    assert (first.queries != again.queries).nnz == 0
    assert len(first.terms) == 4


def test_summary() -> None:
    values = np.random.default_rng(0).normal(0.8, 0.05, 400)
    median, low, high = gene_function.summary(values)
    assert median == np.median(values)
    spread = 1.2533 * 0.05 / np.sqrt(400)  # of the median of normal values
    assert low == pytest.approx(median - 1.96 * spread, abs=spread)
    assert high == pytest.approx(median + 1.96 * spread, abs=spread)


def test_baselines_against_numpy(corpus: Corpus) -> None:
    sets = corpus_matrix(corpus, VOCABULARY)
    dense = sets.toarray().astype(float)
    names = [{corpus.genes[t] for t in corpus.indices[a:b]} for a, b in pairwise(corpus.indptr)]
    assert [{VOCABULARY[i] for i in np.flatnonzero(row)} for row in dense] == [n & set(VOCABULARY) for n in names]

    weight = tempered_weights(corpus.group)
    assert np.bincount(corpus.group, weight) / len(corpus) == pytest.approx(np.array([3, 10]) / 13)
    queries = csr_array(
        np.eye(4, len(VOCABULARY), dtype=np.float32) + np.eye(4, len(VOCABULARY), k=7, dtype=np.float32)
    )
    asked = queries.toarray() > 0

    assert (popularity(sets)(queries) == dense.sum(0)).all()

    used = np.where(dense.sum(1) <= 12, weight / dense.sum(1), 0)
    together = dense.T @ (dense * used[:, None])
    cosine = together / np.sqrt(np.outer(np.diag(together), np.diag(together)))
    expected = np.stack([cosine[row].mean(0) for row in asked])
    np.testing.assert_allclose(cooccurrence(sets, weight, max_genes=12)(queries), expected, rtol=1e-5)

    scaled = dense * np.sqrt(weight / dense.sum(1))[:, None]
    scaled /= np.linalg.norm(scaled, axis=0)
    _, values, vectors = np.linalg.svd(scaled, full_matrices=False)
    expected = asked @ (vectors[:45].T * values[:45]) @ vectors[:45]
    np.testing.assert_allclose(truncated_svd(sets, weight, rank=45)(queries), expected, atol=1e-3)


def test_script(tmp_path: Path, library: Path, corpus: Corpus) -> None:
    """The script as users run it, with a model of random weights."""
    genes = [*SPECIALS, *VOCABULARY]
    config = {"vocab_size": len(genes), "d_model": 8}
    tensors = {key: value.numpy() for key, value in build_module(config).state_dict().items()}
    write_folder(tmp_path / "model", config, tensors, genes, {})
    script = Path(gene_function.__file__)
    options = ["--model", tmp_path / "model", "--libraries", library, "--corpus", tmp_path / "corpus", "--rank", "10"]
    command = [sys.executable, script, *options, "--out", tmp_path]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    table = pd.read_csv(tmp_path / "gene_function.csv", comment="#")
    assert table["method"].tolist()[-1] == "model"
    assert table["method"].is_unique
    assert len(table) > 3
    assert table["auroc"].between(table["low"], table["high"]).all()
    assert str(tmp_path) not in done.stdout
