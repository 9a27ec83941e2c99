"""Verdicts on claims that are true, and on claims that are altered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scgsfm.explanation import (
    Claim,
    ClaimChecker,
    ClaimTables,
    Coherence,
    CoherenceModel,
    Options,
    Query,
    Sources,
    definitions,
)
from scgsfm.genesets import GeneSets
from scgsfm.models import as_model

if TYPE_CHECKING:
    from typing import Any

GENES = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "STAT1"]
TERM, OTHER = "HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_MYOGENESIS"
HALLMARK: dict[str, Any] = {"source": "hallmark", "version": "2024.1.Hs"}
N_SHARED = len(set(GENES) & set(GeneSets("hallmark")[TERM]))
GO_TERM = "Kinetochore Assembly (GO:0051382)"


@pytest.fixture(scope="module")
def checker() -> ClaimChecker:
    sources = Sources.of({"hallmark": "hallmark"}, None, phenotypes=True)
    model = as_model("gsfm-base")
    changes = pd.DataFrame(
        {"name": [*GENES, "MYH1"], "value": 1.0, "logfc": [3.21, 2, 2, 2, 2, 2, -1.5], "padj": 0.001}
    )
    membership = np.array([0.9, 0.9, 0.9, 0.8, 0.8, 0.1])
    tables = ClaimTables(sources, Options(), model, CoherenceModel.of(model).calibration)
    assessment = Coherence(5.0, 0.002, membership, membership > 0.5)
    return ClaimChecker(tables, Query(np.array(GENES, dtype=object), ranking=changes), GENES, assessment)


def padj(checker: ClaimChecker) -> float:
    return float(checker.checked(Claim("genes", "enriched for", TERM, 1e-99, **HALLMARK)).found.split()[-1])


def true_claims(checker: ClaimChecker) -> list[Claim]:
    text = definitions()["GO:0051382"]
    return [
        Claim("genes", "enriched for", TERM, padj(checker), **HALLMARK),
        Claim("genes", "shares genes with", TERM, N_SHARED, **HALLMARK),
        Claim("MX1", "annotated to", TERM, **HALLMARK),
        Claim("ISG15", "higher in these cells", "", 3.2, "ranking of genes"),
        Claim("MYH1", "lower in these cells", "", -1.5, "ranking of genes"),
        Claim(OTHER, "genes lower in these cells", "", 1, **HALLMARK),
        Claim("genes", "coherence", "coherent", 0.002, "gsfm-base"),
        Claim("STAT1", "does not fit", "genes", 0.1, "gsfm-base"),
        Claim("MX1", "fits", "genes", 0.8, "gsfm-base"),
        Claim(GO_TERM, "defined as", text, source="Gene Ontology, definitions", version="2022-07"),
    ]


def test_true_claims_are_supported(checker: ClaimChecker) -> None:
    for claim in true_claims(checker):
        assert checker.checked(claim).verdict == "supported", checker.checked(claim)


def test_limit_of_pvalues_is_included(checker: ClaimChecker) -> None:
    claim = true_claims(checker)[0]
    exact = checker._padj["genes", "hallmark"][TERM]
    tables = replace(checker.tables, options=Options(max_padj=exact))
    assert replace(checker, tables=tables, _padj={}).checked(claim).verdict == "supported"
    tables = replace(checker.tables, options=Options(max_padj=np.nextafter(exact, 0)))
    assert replace(checker, tables=tables, _padj={}).checked(claim).verdict == "refuted"


@pytest.mark.parametrize(
    ("index", "change", "verdict"),
    [
        (0, {"value": 1e-3}, "partially supported"),
        (0, {"object": OTHER}, "refuted"),
        (0, {"object": "invented response"}, "refuted"),
        (0, {"source": "reactome"}, "refuted"),
        (0, {"version": "2019"}, "partially supported"),
        (0, {"subject": "the group"}, "refuted"),
        (1, {"value": N_SHARED - 1}, "partially supported"),
        (2, {"subject": "MYH1"}, "refuted"),
        (2, {"subject": "BST2"}, "refuted"),  # a gene of the term that is not one of the genes
        (3, {"relation": "lower in these cells"}, "refuted"),
        (3, {"value": 3.4}, "partially supported"),
        (3, {"subject": "GAPDH"}, "refuted"),
        (4, {"relation": "higher in these cells"}, "refuted"),
        (5, {"value": 3}, "partially supported"),
        (6, {"object": "no coherent function"}, "refuted"),
        (6, {"source": "another model"}, "refuted"),
        (7, {"relation": "fits"}, "refuted"),
        (7, {"subject": "GAPDH"}, "refuted"),
        (0, {"relation": "enriched terms", "object": "", "source": "libraries", "value": 0}, "refuted"),
        (9, {"object": "something else"}, "refuted"),
        (9, {"version": "2030"}, "partially supported"),
        (9, {"relation": "inhibits"}, "refuted"),
    ],
)
def test_false_claims_are_not_supported(
    checker: ClaimChecker, index: int, change: dict[str, object], verdict: str
) -> None:
    found = checker.checked(replace(true_claims(checker)[index], **change))
    assert found.verdict == verdict
    assert found.found


def test_predictions_are_recomputed(checker: ClaimChecker) -> None:
    claim = Claim("IFIT2", "predicted to join", "genes", 0.0, "gsfm-base")
    found = checker.checked(claim)
    assert found.verdict == "partially supported"
    value = float(found.found.split()[-1])
    assert checker.checked(replace(claim, value=value)).verdict == "supported"
    assert checker.checked(replace(claim, subject="MX1")).verdict == "refuted"
    assert checker.checked(replace(claim, subject="OR4F5", value=value)).verdict == "refuted"
