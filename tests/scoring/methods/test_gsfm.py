from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.completion import complete

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.conftest import LinearModel

    from scgsfm.models.gsfm import GSFM


@pytest.fixture
def model(linear_model: LinearModel) -> GSFM:
    """A small model with random weights."""
    torch = pytest.importorskip("torch")
    from scgsfm.models.gsfm import GSFM, build_module

    torch.manual_seed(0)
    return GSFM(build_module({"vocab_size": len(linear_model.genes), "d_model": 8}), linear_model.genes, name="tiny")


def test_completion_by_gsfm(model: GSFM) -> None:
    own = ["CD3D", "CD3E", "CD2"]
    logits = model.logits([own])[0] - model.popularity
    logits[[0, 1, *model.tokens(own)]] = -np.inf
    completed = complete({"T": own}, model, n_genes=4)
    assert set(completed["T"]) == {*own, *np.array(model.genes)[np.argsort(-logits)[:4]]}


def test_scores_of_the_registered_method(score: Callable[..., Any], counts: np.ndarray, membership: np.ndarray) -> None:
    """The sets have been completed by then; what is left is AUCell."""
    np.testing.assert_array_equal(score("gsfm", counts, membership).scores, score("aucell", counts, membership).scores)
