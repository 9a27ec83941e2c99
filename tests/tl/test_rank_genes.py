from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm import tl
from scgsfm.phenotypes import load_annotations

if TYPE_CHECKING:
    from typing import Any

MARFAN = ["Ectopia lentis", "HP:0001166", "Dural ectasia"]


def test_table() -> None:
    table = tl.rank_genes(MARFAN, excluded=["Seizure"])
    assert table.columns.tolist() == ["gene", "score", "evidence", "disease", "disease_name", "n_known", "known"]
    assert table["gene"][0] == "FBN1"
    assert table["gene"].is_unique
    assert (np.diff(table["score"]) <= 0).all()
    assert table["score"].sum() == pytest.approx(1)
    assert "2024-04-26" in table.attrs["about"]
    assert "medical advice" in table.attrs["about"]


def test_known_phenotypes_are_listed() -> None:
    table = tl.rank_genes(MARFAN)
    best = table.iloc[0]
    assert best["n_known"] == 3
    assert best["known"] == "HP:0001083;HP:0001166;HP:0100775"
    known = load_annotations()
    row = known.disease(best["disease"])
    assert known.disease_names[row] == best["disease_name"]


def test_genes_without_annotation_are_ranked() -> None:
    table = tl.rank_genes(MARFAN)
    new = table[table["evidence"] == "predicted"]
    assert len(new) > 10_000
    assert (new["disease"] == "").all()
    assert (new["n_known"] == 0).all()
    assert new["score"].nunique() > 5_000


def test_names_synonyms_and_former_ids_are_equivalent() -> None:
    a = tl.rank_genes(["Seizure"], n_top=50)
    for other in ("HP:0001250", "epileptic seizure", "HP:0002279"):
        assert tl.rank_genes([other, "Seizure"], n_top=50).equals(a)
    assert len(a) == 50


def test_order_of_terms_does_not_matter() -> None:
    first, again = tl.rank_genes(MARFAN), tl.rank_genes(MARFAN[::-1])
    np.testing.assert_allclose(first["score"], again["score"])


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        ([], {}, ValueError, "`phenotypes` is empty"),
        ("Seizure", {}, TypeError, "must be a list of terms"),
        (["Siezure"], {}, ValueError, r"Did you mean .*Seizure \(HP:0001250\)"),
        (["HP:0000006"], {}, ValueError, "is not a phenotype"),
        (["Seizure"], {"excluded": ["HP:0001250"]}, ValueError, "both in `phenotypes` and in `excluded`"),
        (["Seizure"], {"n_top": 0}, ValueError, "`n_top` is 0"),
    ],
)
def test_invalid_arguments_raise(given: Any, options: dict[str, Any], error: type[Any], message: str) -> None:
    with pytest.raises(error, match=message):
        tl.rank_genes(given, **options)
