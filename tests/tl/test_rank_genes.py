from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import rankdata

from scgsfm import tl
from scgsfm.errors import GeneMatchError
from scgsfm.genes import resolve
from scgsfm.phenotypes import load_annotations, load_ranker

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

MARFAN = ["Ectopia lentis", "HP:0001166", "Dural ectasia"]


def test_table() -> None:
    table = tl.rank_genes(MARFAN, excluded=["Seizure"])
    assert table.columns.tolist() == [
        "gene", "rank", "score", "evidence", "disease", "disease_name", "n_known", "known",
    ]  # fmt: skip
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
    with pytest.warns(UserWarning, match="1 of 6 genes in `candidates` are unknown, and ranked last:\n  - .*'QQQ1'"):
        table = tl.rank_genes(MARFAN, candidates=["2201", "ENSG00000166147", "fbn2", "FBN2", "CD4", "QQQ1"])
    assert table["gene"].tolist() == ["FBN1", "FBN2", "CD4", "QQQ1"]
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert table["evidence"].tolist()[-1] == "none"
    assert table["score"].sum() == pytest.approx(1)
    both = full.set_index("gene").loc[["FBN1", "FBN2"], "score"]
    assert table["score"][0] / table["score"][1] == pytest.approx(both["FBN1"] / both["FBN2"])
    path = tmp_path / "panel.txt"
    path.write_text("gene\tchromosome\nFBN1\t15\nFBN2\t5\n")
    assert tl.rank_genes(MARFAN, candidates=path)["gene"].tolist() == ["FBN1", "FBN2"]


def test_ties_have_the_mean_of_their_ranks() -> None:
    table = tl.rank_genes(MARFAN)
    np.testing.assert_allclose(table["rank"], rankdata(-table["score"]))
    tied = table[table.duplicated("score", keep=False)]
    assert len(tied) > 10
    for _, group in tied.groupby("score"):
        assert group["gene"].is_monotonic_increasing
    # candidates that nothing is known of are tied at the end
    last = tl.rank_genes(MARFAN, candidates=["QQQ2", "FBN1", "QQQ1"], on_unknown="ignore")
    assert last["gene"].tolist() == ["FBN1", "QQQ1", "QQQ2"]
    assert last["rank"].tolist() == [1, 2.5, 2.5]


def test_many_patients_are_ranked_as_one_by_one() -> None:
    patients = {"a": MARFAN, "b": {"Seizure": True, "Ataxia": False}, "c": ["HP:0000006"]}
    with pytest.warns(UserWarning, match="1 of 3 patients left out:\n  - c: None of the terms"):
        table = tl.rank_genes(patients, n_top=5)
    assert table["patient"].unique().tolist() == ["a", "b"]
    own = table[table["patient"] == "b"].drop(columns="patient").reset_index(drop=True)
    assert own.equals(tl.rank_genes(["Seizure"], excluded=["Ataxia"], n_top=5))
    each = {"a": ["FBN1", "FBN2"], "b": ["SCN1A"]}
    with pytest.raises(ValueError, match="`candidates` lacks 1 of 3 patients: 'c'"):
        tl.rank_genes(patients, candidates=each)
    table = tl.rank_genes(patients, candidates=each | {"c": ["FBN1"]}, on_unknown="ignore")
    assert table["gene"].tolist() == ["FBN1", "FBN2", "SCN1A"]


def test_genes_in_interpretations_are_read_on_request() -> None:
    packet = {
        "id": "1",
        "phenotypicFeatures": [{"type": {"id": "HP:0001166"}}],
        "interpretations": [{"diagnosis": {"genomicInterpretations": [{"gene": {"symbol": "FBN2"}}]}}],
    }
    assert len(tl.rank_genes(packet)) > 10_000
    assert tl.rank_genes(packet, candidates="interpretations")["gene"].tolist() == ["FBN2"]
    with pytest.raises(ValueError, match="needs a phenopacket with genes in its interpretations"):
        tl.rank_genes(["HP:0001166"], candidates="interpretations")


def test_explanations() -> None:
    """Each match against the annotations of the disease."""
    hpo = load_annotations()
    ontology = hpo.ontology
    terms = ["Ectopia lentis", "Slender finger", "Zonular cataract", "Motor delay"]
    table = tl.rank_genes([*terms, "Abnormality of the eye"], excluded=["Intellectual disability", "Hearing impairment"],
                          candidates=["FBN1", "CBS", "CD4"], explain=True)  # fmt: skip
    assert set(table["name"]) == {*terms, "Intellectual disability", "Hearing impairment"}
    assert {"exact", "specific", "against"} <= set(table["match"])
    for row in table[table["evidence"] == "known"].itertuples():
        places = hpo.annotations_of(hpo.disease(row.disease))
        places = places[~hpo.negated[places]]
        own = set(hpo.annotations[places, 1].tolist())
        term = ontology.term(row.term)
        has = bool(own & set(ontology.descendants(term).tolist()))
        if row.state == "excluded":
            assert row.match == ("against" if has else "compatible")
        elif has and row.match != "ancestor":
            assert row.match == ("exact" if term in own else "specific")
        else:
            assert row.match in ("ancestor", "none")
        if row.annotated:
            assert ontology.term(row.annotated) in own
            assert ontology.term(row.through) in ontology.ancestors(ontology.term(row.annotated))
        if row.match in ("exact", "specific", "ancestor"):
            assert ontology.term(row.through) in ontology.ancestors(term)
            assert row.log_ratio > np.log(2) * (row.match == "ancestor")
    assert set(table.loc[table["gene"] == "CD4", "disease"]) <= {""} | set(table["disease"])


def test_explained_contributions_sum_to_the_likelihood() -> None:
    hpo = load_annotations()
    ranker = load_ranker()
    table = tl.rank_genes(MARFAN, n_top=3, explain=True)
    rows = [hpo.ontology.term(term) for term in MARFAN]
    features = ranker.features(rows)
    for disease, part in table.groupby("disease"):
        at = np.flatnonzero(ranker.diseases == hpo.disease(str(disease)))[0]
        assert part["log_ratio"].sum() == pytest.approx(features[at, 0], rel=1e-5)


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
        (["Seizure"], {"candidates": "FBN1"}, TypeError, "`candidates` must be a list of genes or the path of a file"),
        (["Seizure"], {"candidates": []}, ValueError, "`candidates` is empty"),
        (["Seizure"], {"candidates": ["QQQ1"]}, GeneMatchError, "Unknown gene 'QQQ1'"),
        (["Seizure"], {"candidates": ["FBN1", "QQQ1"], "on_unknown": "raise"}, GeneMatchError, "1 of 2 genes"),
        (["Seizure"], {"excluded": ["HP:0001250"]}, ValueError, "both in `phenotypes` and in `excluded`"),
        ({"a": ["Seizure"]}, {"excluded": ["Ataxia"]}, ValueError, "`excluded` holds for one patient"),
        (["Seizure"], {"candidates": "missing.vcf"}, FileNotFoundError, "missing.vcf does not exist"),
        (["Seizure"], {"n_top": 0}, ValueError, "`n_top` is 0"),
    ],
)
def test_invalid_arguments_raise(given: Any, options: dict[str, Any], error: type[Any], message: str) -> None:
    with pytest.raises(error, match=message):
        tl.rank_genes(given, **options)


def test_terms_read_by_similar_spelling_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    tl.rank_genes(["Siezure", "Ataxia"], n_top=1)
    assert "Read by similar spelling: 'Siezure' as Seizure (HP:0001250)" in caplog.messages
