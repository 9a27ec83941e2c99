"""Results about the groups in explanations: comparisons, motifs, cell types; their check, and names that are not used."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

import scgsfm
from scgsfm import tl
from scgsfm.explanation import (
    Claim,
    ClaimChecker,
    ClaimTables,
    CoherenceModel,
    Evidence,
    Explanation,
    Options,
    Query,
    Sentence,
    Sources,
)
from scgsfm.explanation._evidence_facts import compared, enriched_motifs
from scgsfm.models import as_model

if TYPE_CHECKING:
    import anndata as ad

FAST: dict[str, Any] = {"libraries": "hallmark", "phenotypes": False, "n_genes": 20}
ALPHA, GAMMA, MYC = (
    "HALLMARK_INTERFERON_ALPHA_RESPONSE",
    "HALLMARK_INTERFERON_GAMMA_RESPONSE",
    "HALLMARK_MYC_TARGETS_V1",
)
OF_SETS = {"source": "comparison of conditions", "version": "hallmark 1"}
OF_PEAKS = {"source": "motifs of accessible peaks", "version": "jaspar2026"}


def comparison(cell_type: str = "NK", condition: str = "treated donors") -> pd.DataFrame:
    """A result of ``tl.compare``."""
    t = np.array([9.0, -6.0, 0.5])
    pvalue = 2 * student.sf(np.abs(t), 8.0)
    table = pd.DataFrame({"cell_type": cell_type, "set": [ALPHA, MYC, GAMMA], "condition": condition})
    effects = {
        "standardized_effect": [1.234, -0.456, 0.02],
        "t": t,
        "df": 8.0,
        "pvalue": pvalue,
        "padj": np.minimum(pvalue * 2, 1),
    }
    return table.assign(reference="untreated donors", **effects)


def motifs(group: str = "NK") -> pd.DataFrame:
    """A result of ``tl.motif_activity``."""
    columns: dict[str, Any] = {"motif": ["Runt-related", "HOX"], "name": ["Runx1, NKG7::RUNX3 and 2 more", "HOXA1"]}
    columns |= {"family": ["Runt-related", "HOX"], "z": [5.24, -4.0], "padj": [1.2e-4, 1e-3]}
    return pd.DataFrame({"group": group, **columns})


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    adata = scgsfm.datasets.pbmc()
    return adata[adata.obs["cell_type"].isin(["B", "NK"])].copy()


@pytest.fixture(scope="module")
def explained(cells: ad.AnnData) -> ad.AnnData:
    given = {"comparison": comparison(), "motifs": motifs()}
    return tl.explain(cells, "cell_type", evidence=given, copy=True, **FAST)


def texts(adata: ad.AnnData, group: str, role: str) -> list[str]:
    table = scgsfm.get.explain(adata, group, role=role)
    return table["text"].drop_duplicates().tolist()


def test_differences_and_motifs_are_claims(explained: ad.AnnData) -> None:
    table = explained.uns["explanations"]
    assert (table["verdict"] == "supported").all()
    reference, sd = "in untreated donors", "standard deviations, adjusted p"
    assert texts(explained, "NK", "comparison") == [
        "2 of 3 sets differ between treated donors and untreated donors in these cells.",
        f"In treated donors, interferon alpha response is higher than {reference} (1.23 {sd} = 3.7e-05).",
        f"In treated donors, myc targets v1 is lower than {reference} (0.46 {sd} = 6.5e-04).",
    ]
    found = table[table["role"] == "motifs"]
    assert set(found["group"]) == {"NK"}
    assert "Motifs of the family Runt-related (Runx1, NKG7::RUNX3 and 2 more) are enriched" in found["text"].iloc[0]
    assert {"factor of", "higher in these cells"} <= set(found["relation"])
    assert found.loc[found["relation"] == "factor of", "subject"].tolist() == ["NKG7"]
    assert "HOX" not in set(found["subject"])
    assert explained.uns["scgsfm"]["explanations"]["params"]["evidence"] == ["comparison", "motifs"]
    text = str(scgsfm.get.explain(explained, "NK", as_text=True)["NK"])
    assert "In treated donors, interferon alpha response is higher" in text


def test_stored_results_of_the_same_groups_are_used(cells: ad.AnnData) -> None:
    adata = cells.copy()
    adata.uns["compare"] = comparison()
    adata.uns["scgsfm"] = {"compare": {"function": "tl.compare", "groupby": "cell_type", "gene_sets": {"name": "mine"}}}
    found = tl.explain(adata, "cell_type", copy=True, **FAST)
    assert len(texts(found, "NK", "comparison")) == 3
    assert "comparison of conditions, mine" in scgsfm.get.explain(found, "NK", as_text=True)["NK"].sources
    adata.uns["scgsfm"]["compare"]["groupby"] = "another column"
    found = tl.explain(adata, "cell_type", copy=True, **FAST)
    assert "comparison" not in set(found.uns["explanations"]["role"])
    with pytest.raises(ValueError, match=r"uns\['compare'\].*tl.compare"):
        tl.explain(adata, "cell_type", evidence="comparison", **FAST)


def test_limit_of_pvalues_is_included(checker: ClaimChecker) -> None:
    padj = comparison()["padj"]
    assert [found.n_different for found in compared(comparison(), max_padj=padj[1], n=1)] == [2]
    ranking = pd.DataFrame({"name": ["NKG7"], "logfc": [1.0], "padj": [1.2e-4]})
    (motif,) = enriched_motifs(motifs(), ranking, max_padj=1.2e-4, n=2)
    assert motif.factors == [("NKG7", 1.0)]
    tables = replace(checker.tables, options=Options(max_padj=padj[1]))
    claim = Claim("genes", "sets that differ", "condition A", 2, **OF_SETS)
    assert replace(checker, tables=tables).checked(claim).verdict == "supported"


def test_names_of_conditions_are_not_shown_to_what_writes(cells: ad.AnnData) -> None:
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        right = "Interferon alpha response is higher in condition A than in the reference condition."
        wrong = [right.replace("higher", "lower"), right.replace("condition A", "condition B")]
        wrong += [right.replace("Interferon alpha response", "myc targets v1")]
        return " ".join([right, *wrong]) if "condition A" in prompt else ""

    with pytest.warns(UserWarning, match="not rephrased"):
        tl.explain(cells, "cell_type", evidence={"comparison": comparison()}, rephrase=answer, copy=True, **FAST)
    assert any("condition A" in prompt for prompt in prompts)
    assert not any(word in prompt for prompt in prompts for word in ("treated", "donors"))


def test_rephrased_differences_are_checked(cells: ad.AnnData, checker: ClaimChecker) -> None:
    from scgsfm.explanation import Rephrased

    text = "In condition A, interferon alpha response is higher than in the reference condition (1.23 standard deviations)."
    claim = checker.checked(Claim(ALPHA, "higher in condition", "condition A", 1.23, **OF_SETS))
    lower = checker.checked(Claim(MYC, "lower in condition", "condition A", -0.46, **OF_SETS))
    other = "In condition A, myc targets v1 is lower than in the reference condition (0.46 standard deviations)."
    explanation = Explanation("", (Sentence("comparison", text, (claim,)), Sentence("comparison", other, (lower,))))
    kept, removed = Rephrased(explanation, checker).check(
        "Interferon alpha response is higher in condition A. Interferon alpha response is lower in condition A. "
        "Interferon alpha response is higher in condition B. Interferon alpha response and myc targets v1 are higher. "
        "Myc targets v1 is reduced in condition A. Interferon alpha response is higher by 2.5 standard deviations."
    )
    assert kept == ["Interferon alpha response is higher in condition A.", "Myc targets v1 is reduced in condition A."]
    assert len(removed) == 4


def test_names_are_added_to_the_finished_text() -> None:
    claim = Claim(ALPHA, "higher in condition", "condition A", 1.2, verdict="supported", **OF_SETS)
    sentence = Sentence("comparison", "In condition A, x is higher than in the reference condition.", (claim,))
    rephrased = "Condition A and condition AA differ, and in this condition a set is high."
    found = Explanation("", (sentence,), rephrased, (("Condition B.", "why"),))
    named = found.with_names("NK", {"the reference condition": r"ctrl\1", "condition A": "a+b", "condition B": "b"})
    assert named.sentences[0].text == r"In a+b, x is higher than in ctrl\1."
    assert named.sentences[0].claims[0].object == "a+b"
    assert named.rephrased == "a+b and condition AA differ, and in this condition a set is high."
    assert named.removed == (("b.", "why"),)


@pytest.fixture(scope="module")
def checker() -> ClaimChecker:
    model = as_model("gsfm-base")
    tables = {"comparison": comparison(condition="condition A"), "motifs": motifs()}
    tables |= {"annotation": pd.DataFrame({"cell_type": ["NK", "B"], "assigned": [True, False], "probability": 0.9})}
    evidence = Evidence(tables, {"comparison": "hallmark 1", "motifs": "jaspar2026"})
    sources = Sources.of({"hallmark": "hallmark"}, None, phenotypes=True)
    query = Query(np.array(["NKG7", "GNLY"], dtype=object), kind="cells", evidence=evidence)
    claims = ClaimTables(sources, Options(), model, CoherenceModel.of(model).calibration)
    return ClaimChecker(claims, query, ["NKG7", "GNLY"], None)


PADJ = float(2 * 2 * student.sf(9.0, 8.0))
NK_CELL = "natural killer cell (CL:0000623)"


def true_claims() -> list[Claim]:
    from scgsfm.explanation import cell_type

    found = cell_type("NK")
    assert found is not None
    cell = {"source": "Cell Ontology, definitions", "version": "2026-03-26"}
    return [
        Claim(ALPHA, "higher in condition", "condition A", 1.23, **OF_SETS),
        Claim(MYC, "lower in condition", "condition A", -0.46, **OF_SETS),
        Claim(ALPHA, "differs in condition", "condition A", float(f"{PADJ:.1e}"), **OF_SETS),
        Claim("genes", "sets that differ", "condition A", 2, **OF_SETS),
        Claim("genes", "sets compared", "condition A", 3, **OF_SETS),
        Claim("Runt-related", "enriched in peaks of these cells", "", 5.2, **OF_PEAKS),
        Claim("Runt-related", "significant in peaks of these cells", "", 1.2e-4, **OF_PEAKS),
        Claim("RUNX1", "factor of", "Runt-related", **OF_PEAKS),
        Claim(NK_CELL, "defined as", found.definition, **cell),
    ]


def test_true_claims_are_supported(checker: ClaimChecker) -> None:
    for claim in true_claims():
        assert checker.checked(claim).verdict == "supported", checker.checked(claim)


@pytest.mark.parametrize(
    ("index", "change", "verdict"),
    [
        (0, {"relation": "lower in condition"}, "refuted"),
        (0, {"object": "condition B"}, "refuted"),
        (0, {"subject": "HALLMARK_MYOGENESIS"}, "refuted"),
        (0, {"value": 1.5}, "partially supported"),
        (0, {"source": "ranking of genes"}, "refuted"),
        (0, {"version": "hallmark 2"}, "partially supported"),
        (1, {"relation": "higher in condition"}, "refuted"),
        (2, {"value": 1e-3}, "partially supported"),
        (2, {"subject": GAMMA}, "refuted"),
        (3, {"value": 3}, "refuted"),
        (4, {"object": "condition B"}, "refuted"),
        (5, {"subject": "HOX"}, "refuted"),
        (5, {"subject": "SOX"}, "refuted"),
        (5, {"value": 6.0}, "partially supported"),
        (6, {"value": 1e-9}, "partially supported"),
        (7, {"subject": "HOXA1"}, "refuted"),
        (8, {"object": "A cell that does anything."}, "refuted"),
        (8, {"subject": "B cell (CL:0000236)"}, "refuted"),
        (8, {"version": "2030"}, "partially supported"),
    ],
)
def test_false_claims_are_not_supported(
    checker: ClaimChecker, index: int, change: dict[str, Any], verdict: str
) -> None:
    found = checker.checked(replace(true_claims()[index], **change))
    assert found.verdict == verdict
    assert found.found


def test_a_definition_of_another_cell_type_is_refuted(checker: ClaimChecker) -> None:
    from scgsfm.explanation import cell_type

    other = cell_type("B cells")
    assert other is not None
    claim = replace(true_claims()[-1], subject=other.title, object=other.definition)
    assert checker.checked(claim).verdict == "refuted"  # it is a candidate, but not assigned


def test_p_values_that_do_not_follow_from_t_are_refuted(checker: ClaimChecker) -> None:
    table = checker.query.evidence.tables["comparison"].assign(t=1.0)
    evidence = replace(checker.query.evidence, tables={"comparison": table})
    altered = replace(checker, query=replace(checker.query, evidence=evidence))
    assert altered.checked(true_claims()[0]).verdict == "refuted"


def test_diseases_are_reported_and_checked() -> None:
    genes = ["RPS19", "RPL5", "RPL11", "RPS24", "RPS7", "RPL35A", "RPS26"]
    table = tl.explain(genes=genes, libraries="reactome").table
    rows = table[table["source"] == "diseases of genes"]
    assert "anemia" in rows["text"].iloc[0]
    assert (rows["verdict"] == "supported").all()
    without = tl.explain(genes=genes, libraries="reactome", phenotypes=False).table
    assert "diseases of genes" not in set(without["source"])


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("NK", "natural killer cell"),
        ("B cells", "B cell"),
        ("Haematopoietic stem cell", "hematopoietic stem cell"),
        ("Alpha cell", "pancreatic A cell"),
        ("CL:0000233", "platelet"),
        ("cluster 7", None),
        ("", None),
    ],
)
def test_cell_types_by_name(name: str, label: str | None) -> None:
    from scgsfm.explanation import cell_type

    found = cell_type(name)
    assert (found.names[0] if found else None) == label


@pytest.mark.parametrize(
    ("evidence", "error", "message"),
    [
        ("motif", ValueError, "evidence"),
        (3, TypeError, "evidence"),
        ({"motifs": 3}, TypeError, "key in `uns` or a table"),
        ({"motifs": motifs().drop(columns="z")}, ValueError, "no column 'z'"),
        ({"motifs": motifs("T cells")}, ValueError, "none of the groups"),
        ("motifs", ValueError, "tl.motif_activity"),
    ],
)
def test_errors(cells: ad.AnnData, evidence: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tl.explain(cells, "cell_type", evidence=evidence, **FAST)


def test_evidence_needs_groups() -> None:
    with pytest.raises(ValueError, match="groups of cells"):
        tl.explain(genes=["MX1", "ISG15"], evidence="comparison")
