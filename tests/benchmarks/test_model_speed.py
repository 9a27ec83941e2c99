from __future__ import annotations

import model_speed
import numpy as np
import pytest

from scgsfm._vocabulary import SPECIALS
from scgsfm.models.gsfm import GSFM, build_module


@pytest.mark.parametrize("config", [{}, {"input_norm": "l2"}, {"depth": 3}])
def test_both_forms_agree(config: dict[str, int | str]) -> None:
    genes = [*SPECIALS, *(f"G{i}" for i in range(40))]
    model = GSFM(build_module({"vocab_size": len(genes), "d_model": 8} | config), genes)
    sets = model_speed.draw(2000, 6, len(genes))
    assert (np.diff(sets.indptr) == 6).all()
    assert sets.indices.min() == 2
    for task, decode in [("encode", False), ("network", True)]:
        dense = model_speed.dense_form(model, decode=decode)(sets)
        np.testing.assert_allclose(model_speed.sparse_form(model, task)(sets), dense, atol=1e-5)


def test_largest_difference() -> None:
    a = np.zeros((3000, 2))
    b = a.copy()
    b[2500, 1] = -0.25
    assert model_speed.largest_difference(a, b) == 0.25
