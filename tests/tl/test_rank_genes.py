from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm import tl
from scgsfm.errors import GeneMatchError
from scgsfm.genes import resolve
from scgsfm.phenotypes import load_annotations

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

MARFAN = ["Ectopia lentis", "HP:0001166", "Dural ectasia"]


def test_table() -> None:
    table = tl.rank_genes(MARFAN, excluded=["Seizure"])
    assert table.columns.tolist() == ["gene", "score", "evidence", "disease", "disease_name", "n_known", "known"]
    assert table["gene"][0] == "FBN1"
    assert table["gene"].is_unique
    assert (np.diff(table["score"]) <= 0).all()
    assert table["score"].sum() == pytest.approx(1)
    assert "2026-02-16" in table.attrs["about"]
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


def test_implied_terms_change_nothing() -> None:
    implied = ["HP:0001167", "HP:0002817", "HP:0040064", "Abnormality of the eye"]
    table = tl.rank_genes([*implied, *MARFAN], excluded=["Seizure", "Focal-onset seizure"])
    assert table.equals(tl.rank_genes(MARFAN, excluded=["Seizure"]))


def test_genes_are_ranked_once_under_their_approved_symbol() -> None:
    genes = tl.rank_genes(MARFAN)["gene"]
    assert genes.is_unique
    resolved = resolve(genes, organism="human")
    renamed = (resolved.symbols != genes.to_numpy()) & np.isin(resolved.symbols, genes.to_numpy())
    assert not renamed.any()
    assert {"MT-ND1", "MT-CO1"} <= set(genes)
    assert not {"ND1", "COX1"} & set(genes)


def test_dicts_say_what_is_absent() -> None:
    expected = tl.rank_genes(["HP:0001166"], excluded=["HP:0001250"], n_top=20)
    for given in (
        {"HP:0001166": True, "HP:0001250": False},
        {"Arachnodactyly": "present", "Seizures": "excluded"},
        [("HP:0001166", 1), ("HP:0001250", 0)],
    ):
        assert tl.rank_genes(given, n_top=20).equals(expected)


@pytest.mark.parametrize(
    ("packet", "name"),
    [
        (
            {"phenotypicFeatures": [{"type": {"id": "HP:0001166"}}, {"type": {"id": "HP:0001250"}, "excluded": True}]},
            "v2",
        ),
        (
            {"phenotypicFeatures": [{"type": {"id": "HP:0001166"}}, {"type": {"id": "HP:0001250"}, "negated": True}]},
            "v1",
        ),
    ],
)
def test_phenopackets(packet: dict[str, Any], name: str, tmp_path: Path) -> None:
    expected = tl.rank_genes(["HP:0001166"], excluded=["HP:0001250"], n_top=20)
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(packet))
    for given in (packet, path, str(path)):
        assert tl.rank_genes(given, n_top=20).equals(expected)


def test_text_files(tmp_path: Path) -> None:
    path = tmp_path / "terms.txt"
    path.write_text("\ufeff# patient 1\nHP:0001166\tArachnodactyly\n\nSeizure\texcluded\n")
    assert tl.rank_genes(path, n_top=20).equals(tl.rank_genes(["HP:0001166"], excluded=["HP:0001250"], n_top=20))
    with pytest.raises(FileNotFoundError, match=r"missing\.json does not exist"):
        tl.rank_genes("missing.json")


def test_terms_that_cannot_be_used_are_left_out_with_one_warning() -> None:
    bad = ["HP:0020317", "HP:0001726", "HP:0003577", "HP:0000006", "HP:0100602", None, "Marfan syndrome", "HP:0000118"]
    with pytest.warns(UserWarning, match="8 of 11 terms left out") as caught:
        table = tl.rank_genes([*MARFAN, *bad])
    assert len(caught) == 1
    message = str(caught[0].message)
    reasons = (
        "but of a later one",
        "is obsolete: consider",
        "Clinical modifier",
        "Mode of inheritance",
        "missing value",
    )
    assert all(reason in message for reason in (*reasons, "Past medical history", "is a disease", "too general"))
    assert table.equals(tl.rank_genes(MARFAN))
    assert tl.rank_genes([*MARFAN, *bad], on_unknown="ignore").equals(table)


def test_contradictions_are_reported() -> None:
    with pytest.warns(UserWarning, match="cannot be excluded, as Seizure .* is present and implies it"):
        table = tl.rank_genes(["Seizure"], excluded=["Abnormality of the nervous system"])
    assert table.equals(tl.rank_genes(["Seizure"]))


def test_diseases_stand_for_their_phenotypes_on_request() -> None:
    with pytest.raises(ValueError, match="OMIM:154700' is a disease, Marfan syndrome .* `expand_diseases=True`"):
        tl.rank_genes(["OMIM:154700"])
    assert tl.rank_genes(["OMIM:154700"], expand_diseases=True, n_top=1)["gene"][0] == "FBN1"


def test_candidates(tmp_path: Path) -> None:
    full = tl.rank_genes(MARFAN)
    with pytest.warns(UserWarning, match="1 of 6 genes in `genes` left out:\n  - Unknown gene 'QQQ1'"):
        table = tl.rank_genes(MARFAN, genes=["6323", "ENSG00000166147", "fbn2", "FBN2", "SPG14", "QQQ1"])
    assert table["gene"].tolist()[:2] == ["FBN1", "FBN2"]
    assert table["score"].sum() == pytest.approx(1)
    both = full.set_index("gene").loc[["FBN1", "FBN2"], "score"]
    assert table["score"][0] / table["score"][1] == pytest.approx(both["FBN1"] / both["FBN2"])
    path = tmp_path / "panel.txt"
    path.write_text("gene\tchromosome\nFBN1\t15\nFBN2\t5\n")
    assert tl.rank_genes(MARFAN, genes=path)["gene"].tolist() == ["FBN1", "FBN2"]


def test_order_of_terms_does_not_matter() -> None:
    first, again = tl.rank_genes(MARFAN), tl.rank_genes(MARFAN[::-1])
    np.testing.assert_allclose(first["score"], again["score"])


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        ([], {}, ValueError, "`phenotypes` is empty"),
        ("Seizure", {}, TypeError, "must be a list of terms"),
        (["Hypetension"], {}, ValueError, r"Did you mean .*Hypotension \(HP:0002615\)"),
        (["HP:0000006"], {}, ValueError, "is not a phenotype: it belongs to Mode of inheritance"),
        (["Seizure"], {"on_unknown": "skip"}, ValueError, "`on_unknown` is 'skip'"),
        (["Seizure", "HP:0000006"], {"on_unknown": "raise"}, ValueError, "1 of 2 terms left out"),
        (["Seizure"], {"genes": "FBN1"}, TypeError, "`genes` must be a list of genes or the path of a file"),
        (["Seizure"], {"genes": []}, ValueError, "`genes` is empty"),
        (["Seizure"], {"genes": ["QQQ1"]}, GeneMatchError, "Unknown gene 'QQQ1'"),
        (["Seizure"], {"genes": ["FBN1", "QQQ1"], "on_unknown": "raise"}, GeneMatchError, "1 of 2 genes"),
        (["Seizure"], {"excluded": ["HP:0001250"]}, ValueError, "both in `phenotypes` and in `excluded`"),
        (["Seizure"], {"n_top": 0}, ValueError, "`n_top` is 0"),
    ],
)
def test_invalid_arguments_raise(given: Any, options: dict[str, Any], error: type[Any], message: str) -> None:
    with pytest.raises(error, match=message):
        tl.rank_genes(given, **options)
