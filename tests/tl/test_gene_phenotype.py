from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scgsfm import tl
from scgsfm.errors import GeneMatchError
from scgsfm.phenotypes import load_annotations, load_predictor

if TYPE_CHECKING:
    from typing import Any


def test_known_and_predicted() -> None:
    table = tl.gene_phenotype("SCN1A", ["Seizure", "Ectopia lentis"])
    known, predicted = table.iloc[0], table.iloc[1]
    assert (known["status"], known["probability"]) == ("known", 1.0)
    assert known["n_evidence"] == len(known["evidence"].split("\n")) > 10
    assert "OMIM:607208" in known["evidence"]
    assert "HPO annotations 2025-01-16" in known["evidence"]
    assert (predicted["status"], predicted["evidence"]) == ("predicted", "")
    assert predicted["probability"] == predicted["predicted"]
    assert 0 < predicted["probability"] < known["predicted"] < 1
    assert "medical advice" in table.attrs["about"]


def test_ancestors_of_annotated_terms_are_known() -> None:
    status = tl.gene_phenotype("FBN1", ["Ectopia lentis", "Abnormal lens morphology", "Abnormality of the eye"])[
        "status"
    ]
    assert status.tolist() == ["known"] * 3


def test_excluded_by_a_source() -> None:
    known = load_annotations()
    gene, term = next(
        (gene, int(known.annotations[place, 1]))
        for gene in known.genes
        for link in known.links_of(gene)
        for place in known.annotations_of(known.links[link, 1])
        if known.negated[place]
        and known.ontology.is_phenotype[known.annotations[place, 1]]
        and not known.evidence(gene, int(known.annotations[place, 1]))
    )
    row = tl.gene_phenotype(gene, known.ontology.ids[term]).iloc[0]
    assert row["status"] == "excluded"
    assert row["n_evidence"] > 0
    assert row["probability"] == row["predicted"] < 1


def test_several_genes_by_any_identifier() -> None:
    table = tl.gene_phenotype(["TP53", "7157", "ENSG00000141510"], "Neoplasm")
    assert table["symbol"].tolist() == ["TP53"] * 3
    assert table["gene"].tolist() == ["TP53", "7157", "ENSG00000141510"]
    assert table["probability"].nunique() == 1


def test_genes_without_annotation_are_predicted() -> None:
    known = load_annotations()
    new = next(gene for gene in load_predictor().genes if known.gene(gene) is None)
    row = tl.gene_phenotype(new, "Seizure").iloc[0]
    assert row["status"] == "predicted"
    assert 0 < row["probability"] < 1


@pytest.mark.parametrize(
    ("gene", "term", "error", "message"),
    [
        ("SCN1AA", "Seizure", GeneMatchError, "Unknown gene 'SCN1AA'. Did you mean 'SCN1A'"),
        ("CAP", "Seizure", GeneMatchError, "alias of several genes"),
        ("SCN1A", "Hypetension", ValueError, "Did you mean"),
        ("SCN1A", "HP:0000006", ValueError, "is not a phenotype"),
        ("SCN1A", [], ValueError, "at least one"),
    ],
)
def test_invalid_arguments_raise(gene: str, term: Any, error: type[Any], message: str) -> None:
    with pytest.raises(error, match=message):
        tl.gene_phenotype(gene, term)


@pytest.mark.parametrize(("gene", "phenotype", "name"), [(6323, "Seizure", "gene"), ("SCN1A", 1250, "phenotype")])
def test_numbers_are_refused(gene: Any, phenotype: Any, name: str) -> None:
    with pytest.raises(TypeError, match=f"^`{name}` is .*, but must be a name or several names"):
        tl.gene_phenotype(gene, phenotype)
