from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.models.gsfm import GSFM, build_module
from scgsfm.models.gsfm.training._calibration import calibrate
from scgsfm.models.gsfm.training._corpus import build_corpus
from scgsfm.models.gsfm.training._validation import hold_out, median_auroc

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from scipy import sparse

    from scgsfm.models.gsfm.training._corpus import Corpus


def pairs(scores: np.ndarray, seen: Any, hidden: Any) -> float:
    """The AUROC by its definition, over all pairs."""
    other = [i for i in range(2, len(scores)) if i not in seen and i not in hidden]
    wins = [(scores[h] > scores[o]) + 0.5 * (scores[h] == scores[o]) for h in hidden for o in other]
    return np.mean(wins)


def test_hold_out(corpus: Corpus) -> None:
    train, held_out = hold_out(corpus, 20, seed=0)
    sizes = np.diff(corpus.indptr)
    assert held_out.seen.shape == held_out.hidden.shape == (20, len(corpus.genes))
    assert len(train) == len(corpus) - 20
    held = np.setdiff1d(np.arange(len(corpus)), train)
    assert sizes[held].min() >= 10
    halves = held_out.seen + held_out.hidden
    assert halves.max() == 1
    rows = {tuple(corpus.indices[corpus.indptr[i] : corpus.indptr[i + 1]]) for i in held}
    assert {tuple(np.flatnonzero(row)) for row in halves.toarray()} == rows
    assert (held_out.seen.sum(1) == halves.sum(1) // 2).all()


def test_hold_out_is_drawn_by_the_seed(corpus: Corpus) -> None:
    one, again, other = (hold_out(corpus, 20, seed=seed)[0].tolist() for seed in (1, 1, 2))
    assert one == again != other


def test_at_most_a_tenth_is_held_out(corpus: Corpus) -> None:
    sizes = np.diff(corpus.indptr)
    assert hold_out(corpus, 10_000, seed=0)[1].seen.shape[0] == (sizes >= 10).sum() // 10


def test_too_few_sets(tmp_path: Path) -> None:
    line = "\t".join(["set", "", *(f"G{i}" for i in range(12))])
    (tmp_path / "few.gmt").write_text(f"{line}\n" * 9)
    corpus = build_corpus([tmp_path], tmp_path / "corpus", min_count=1)
    with pytest.raises(ValueError, match="9 sets have 10 to 500 genes"):
        hold_out(corpus, 5, seed=0)


@pytest.fixture
def model(corpus: Corpus) -> GSFM:
    return GSFM(build_module({"vocab_size": len(corpus.genes), "d_model": 4}), corpus.genes)


def test_median_auroc(corpus: Corpus, model: GSFM) -> None:
    _, held_out = hold_out(corpus, 15, seed=0)
    logits = model.logits(held_out.seen)
    expected = [pairs(logits[i], set(held_out.seen[[i]].indices), set(held_out.hidden[[i]].indices)) for i in range(15)]
    assert median_auroc(model, held_out, block=4) == pytest.approx(np.median(expected))


def test_ties_count_half(corpus: Corpus) -> None:
    _, held_out = hold_out(corpus, 15, seed=0)
    x = np.random.default_rng(1).integers(0, 6, held_out.seen.shape).astype(np.float32)
    expected = [pairs(x[i], set(held_out.seen[[i]].indices), set(held_out.hidden[[i]].indices)) for i in range(15)]
    assert median_auroc(GivenModel(x), held_out, block=15) == pytest.approx(np.median(expected))


class GivenModel:
    """A model whose log-softmax is given."""

    def __init__(self, log_softmax: np.ndarray) -> None:
        self.log_softmax = log_softmax

    def logits(self, sets: sparse.csr_array) -> np.ndarray:
        return self.log_softmax[: sets.shape[0]] + np.float32(3)


def test_calibration(corpus: Corpus) -> None:
    """Slope and intercept are recovered if the log odds are linear in the log-softmax."""
    rng = np.random.default_rng(0)
    _, held_out = hold_out(corpus, 20, seed=0)
    n_sets, n_genes = held_out.seen.shape
    x = rng.normal(-4, 1.5, (n_sets, n_genes)).astype(np.float32)
    x -= np.log(np.exp(x).sum(1, keepdims=True))
    member = rng.random(x.shape) < 1 / (1 + np.exp(-(1.3 * x + 5)))
    member[held_out.seen.toarray() > 0] = False
    found = calibrate(GivenModel(x), held_out._replace(hidden=type(held_out.hidden)(member)))
    assert found["slope"] == pytest.approx(1.3, abs=0.15)
    assert found["intercept"] == pytest.approx(5, abs=0.8)
    unseen = held_out.seen.toarray()[:, 2:] == 0
    predicted = 1 / (1 + np.exp(-(found["slope"] * x[:, 2:] + found["intercept"])))
    assert predicted[unseen].mean() == pytest.approx(member[:, 2:][unseen].mean(), rel=1e-3)


def test_calibration_of_a_perfect_model(corpus: Corpus) -> None:
    """The likelihood has no maximum; the slope is bounded."""
    _, held_out = hold_out(corpus, 20, seed=0)
    x = np.where(held_out.hidden.toarray() > 0, -1, -9).astype(np.float32)
    found = calibrate(GivenModel(x), held_out)
    assert 0.5 < found["slope"] < 100
    assert np.isfinite(found["intercept"])
