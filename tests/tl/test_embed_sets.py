from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import scgsfm
from scgsfm.errors import GeneMatchError, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from scgsfm.models.gsfm import GSFM

    Dense = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def test_vectors_match_the_dense_network(gsfm: GSFM, dense: Dense) -> None:
    sets = {"T/NK": ["CD3D", "Cd3e", "CD2", "NKG7", "no gene"], "B": {"CD79A": 2.0, "MS4A1": 0.5}}
    found = scgsfm.tl.embed_sets(sets, model=gsfm)
    multi_hot = np.zeros((2, len(gsfm.genes)))
    multi_hot[0, gsfm.tokens(["CD3D", "CD3E", "CD2", "NKG7"])] = 1
    multi_hot[1, gsfm.tokens(["CD79A", "MS4A1"])] = 1
    np.testing.assert_allclose(found, dense(multi_hot)[0], rtol=1e-4, atol=1e-4)
    assert found.index.tolist() == ["T/NK", "B"]
    assert list(found) == [f"gsfm_{i}" for i in range(8)]
    assert (found.dtypes == np.float32).all()


def test_unknown_sets_are_missing(gsfm: GSFM) -> None:
    with pytest.warns(GeneSetWarning, match="1 set is not embedded.*'peaks'"):
        found = scgsfm.tl.embed_sets({"T": ["CD3D", "CD2"], "peaks": ["chr1:5-9"]}, model=gsfm)
    assert found.isna().all(axis=1).tolist() == [False, True]


def test_errors(gsfm: GSFM) -> None:
    with pytest.raises(ValueError, match="negative weights can't be embedded: 'down'"):
        scgsfm.tl.embed_sets({"down": {"CD3D": -1.0}}, model=gsfm)
    with pytest.raises(GeneMatchError, match="None of the 1 genes"):
        scgsfm.tl.embed_sets({"peaks": ["chr1:5-9"]}, model=gsfm)
    with pytest.raises(TypeError, match="my set"):
        scgsfm.tl.embed_sets(["CD3D", "CD2"], model=gsfm)
