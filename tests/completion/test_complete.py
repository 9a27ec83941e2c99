from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.completion import complete
from scgsfm.errors import GeneMatchError, GeneSetWarning

if TYPE_CHECKING:
    from conftest import LinearModel

    from scgsfm import GeneSets

T_CELL = ["CD3D", "CD3E", "CD2"]


def added(sets: GeneSets, name: str, own: list[str]) -> dict[str, float]:
    return {gene: w for gene, w in zip(sets[name], sets.weights(name), strict=True) if gene not in own}


def test_set_genes_keep_their_weights(linear_model: LinearModel) -> None:
    sets = complete({"plain": T_CELL, "weighted": {"CD3D": 3.0, "MS4A1": 0.5}}, linear_model, n_genes=4)
    assert sets.names == ["plain", "weighted"]
    assert dict(zip(sets["plain"], sets.weights("plain"), strict=True)).items() >= dict.fromkeys(T_CELL, 1.0).items()
    assert sets["weighted"][:2] == ["CD3D", "MS4A1"]
    assert sets.weights("weighted")[:2].tolist() == [3.0, 0.5]
    assert sets.sizes.tolist() == [7, 6]


def test_added_genes_and_weights_are_as_documented(linear_model: LinearModel) -> None:
    tokens = linear_model.tokens(T_CELL)
    corrected = linear_model.matrix[tokens].sum(axis=0) - linear_model.popularity
    corrected[[0, 1, *tokens]] = -np.inf
    best = np.argsort(-corrected)[:5]
    found = added(complete({"T": T_CELL}, linear_model, n_genes=5, weight=1.2), "T", T_CELL)
    assert found.keys() == {linear_model.genes[i] for i in best}
    np.testing.assert_allclose(list(found.values()), 1.2 / 5)


def test_added_genes_do_not_outweigh_set_genes(linear_model: LinearModel) -> None:
    found = added(complete({"T": T_CELL}, linear_model, n_genes=2, weight=10), "T", T_CELL)
    assert list(found.values()) == [1, 1]


def test_added_weight_does_not_depend_on_the_set_size(linear_model: LinearModel) -> None:
    own = dict.fromkeys(linear_model.genes[2:8], 2.0)
    found = added(complete({"six": own}, linear_model, n_genes=5, weight=0.5), "six", list(own))
    np.testing.assert_allclose(sum(found.values()), 0.5 * 2, rtol=1e-5)


def test_result_does_not_depend_on_blocks(linear_model: LinearModel, monkeypatch: pytest.MonkeyPatch) -> None:
    names = linear_model.genes[2:]
    sets = {f"set {i}": names[i : i + 3] for i in range(10)}
    whole = complete(sets, linear_model, n_genes=3)
    monkeypatch.setattr("scgsfm.completion._complete.SETS_AT_A_TIME", 4)
    assert complete(sets, linear_model, n_genes=3) == whole
    assert max(linear_model.n_sets_seen[-3:]) == 4


def test_only_genes_of_the_data_are_added_under_their_names(linear_model: LinearModel) -> None:
    data = ["Cd3d", "Cd3e", "Cd2", "Cd8a", "Lck", "Actb"]
    sets = complete({"T": ["Cd3d", "Cd3e", "Cd2"]}, linear_model, n_genes=10, genes=data)
    assert set(sets["T"]) == set(data)


def test_set_genes_are_not_added_under_another_name(linear_model: LinearModel) -> None:
    sets = complete({"T": ["CD3D", "ENSG00000198851"]}, linear_model, n_genes=50, genes=linear_model.genes[2:])
    assert "CD3E" not in sets["T"]  # ENSG00000198851


def test_unknown_sets_are_unchanged(linear_model: LinearModel) -> None:
    sets = {"T": T_CELL, "peaks": ["chr1:100-200", "chr2:5-9"]}
    with pytest.warns(GeneSetWarning, match="1 set is not completed.*'peaks'"):
        completed = complete(sets, linear_model, n_genes=2)
    assert completed["peaks"] == sets["peaks"]
    assert len(completed["T"]) == 5


def test_all_sets_unknown_raises(linear_model: LinearModel) -> None:
    with pytest.raises(GeneMatchError):
        complete({"peaks": ["chr1:100-200"]}, linear_model)


def test_negative_weights_raise(linear_model: LinearModel) -> None:
    with pytest.raises(ValueError, match="negative weights.*'down'"):
        complete({"up": T_CELL, "down": {"CD3D": 1.0, "ACTB": -1.0}}, linear_model)


@pytest.mark.parametrize("options", [{"n_genes": 0}, {"weight": 0}, {"weight": -1.0}])
def test_bad_options(linear_model: LinearModel, options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="n_genes"):
        complete({"T": T_CELL}, linear_model, **options)
