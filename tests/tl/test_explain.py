"""Explanations: facts against an independent reference, abstention, cores, and names that are not used."""

from __future__ import annotations

import re

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, fisher_exact

import scgsfm
from scgsfm import tl
from scgsfm.errors import GeneMatchError, GeneMatchWarning
from scgsfm.explanation import Explanation
from scgsfm.models import as_model

INTERFERON = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "STAT1", "ACTB"]
PROTEASOME = ["PSMA1", "PSMA2", "PSMA3", "PSMB1", "PSMB2", "PSMB5", "PSMC1", "PSMC2", "PSMD1", "PSMD2"]
FAST = {"libraries": "hallmark", "phenotypes": False}


def random_genes(n: int, seed: int = 0) -> list[str]:
    return np.random.default_rng(seed).choice(as_model("gsfm-base").genes[2:], n, replace=False).tolist()


@pytest.fixture(scope="module")
def cells() -> ad.AnnData:
    """Cells of three types, and a group without markers."""
    adata = scgsfm.datasets.pbmc()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK", "CD14+ Mono"])].copy()
    tl.explain(adata, "cell_type", n_genes=30, **FAST)
    return adata


def text(table: pd.DataFrame, group: str) -> list[str]:
    return table.loc[table["group"] == group, "text"].drop_duplicates().tolist()


def test_numbers_equal_those_of_fisher() -> None:
    found = tl.explain(genes=INTERFERON, **FAST)
    sets = scgsfm.datasets.library("hallmark")
    n, query = len(sets.genes), set(INTERFERON) & set(sets.genes)
    pvalues = []
    for name in sets:
        k, size = len(query & set(sets[name])), len(sets[name])
        table = [[k, size - k], [len(query) - k, n - size - len(query) + k]]
        pvalues.append(fisher_exact(table, alternative="greater").pvalue)
    padj = dict(zip(sets.names, false_discovery_control(pvalues), strict=True))
    claims = {(row.relation, row.object): row.value for row in found.table.itertuples()}
    first = min(padj, key=padj.get)
    assert found.kept[0].claims[0].object == first
    for term in [term for relation, term in claims if relation == "enriched for"]:
        assert claims["enriched for", term] == pytest.approx(padj[term], rel=0.05)
        assert claims["shares genes with", term] == len(query & set(sets[term]))
    exact = tl.enrich(INTERFERON, "hallmark", mode="overlap").set_index("term").loc[first, "padj"]
    at_limit = tl.explain(genes=INTERFERON, max_padj=exact, **FAST).table
    assert ("enriched for", first) in set(zip(at_limit["relation"], at_limit["object"], strict=True))
    annotated = found.table[(found.table["relation"] == "annotated to") & (found.table["object"] == first)]
    assert set(annotated["subject"]) <= query & set(sets[first])
    assert (found.table["verdict"] == "supported").all()


def test_predicted_genes_are_new_and_checked_by_the_model() -> None:
    model = as_model("gsfm-base")
    found = tl.explain(genes=INTERFERON, **FAST)
    rows = found.table[found.table["relation"] == "predicted to join"]
    assert len(rows)
    assert not set(rows["subject"]) & set(INTERFERON)
    corrected = model.logits([INTERFERON])[0] - model.popularity
    rank = np.argsort(np.argsort(-corrected[2:]))
    position = {gene: i for i, gene in enumerate(model.genes[2:])}
    assert all(rank[position[gene]] < 100 for gene in rows["subject"])


def test_random_genes_have_no_coherent_function() -> None:
    abstained = [tl.explain(genes=random_genes(20, seed), **FAST).abstains for seed in range(3)]
    assert sum(abstained) >= 2
    found = tl.explain(genes=random_genes(20, 1), **FAST)
    assert found.kept[0].text.startswith("No coherent function")
    assert not any(c.relation == "enriched for" for s in found.kept if s.role == "function" for c in s.claims)


def test_little_studied_genes_without_terms() -> None:
    genes = ["OR4F5", "OR4F29", "KRTAP1-1", "ZNF716", "LCE1A", "TMEM185A", "PRR20A", "FAM90A1"]
    found = tl.explain(genes=genes, libraries="reactome", phenotypes=False)
    assert found.abstains
    assert {"enriched terms", "terms per gene"} <= set(found.table["relation"])
    assert not found.struck


def test_core_of_a_contaminated_set() -> None:
    foreign = random_genes(10, 3)
    found = tl.explain(genes=[*PROTEASOME, *foreign], libraries="reactome", phenotypes=False)
    claims = found.table.groupby("relation")
    assert "partly coherent" in set(claims.get_group("coherence")["object"])
    misfits = set(claims.get_group("does not fit")["subject"])
    assert misfits
    assert misfits <= set(foreign)
    assert set(claims.get_group("fits")["subject"]) <= set(PROTEASOME)
    assert "proteasome" in " ".join(s.text for s in found.kept).casefold() or found.kept[0].claims[0].value < 1e-15


def test_every_group_is_explained_and_survives_files(
    cells: ad.AnnData, tmp_path_factory: pytest.TempPathFactory
) -> None:
    table = cells.uns["explanations"]
    assert set(table["group"]) == {"B", "NK", "CD14+ Mono"}
    assert (table["verdict"] == "supported").all()
    path = tmp_path_factory.mktemp("explained") / "cells.h5ad"
    cells.write_h5ad(path)
    stored = ad.read_h5ad(path).uns["explanations"]
    for column in ("text", "value", "verdict", "kept"):
        assert stored[column].tolist() == pytest.approx(table[column].tolist(), nan_ok=True)
    again = Explanation.from_table(stored, "NK")
    assert str(again) == str(Explanation.from_table(table, "NK"))
    record = cells.uns["scgsfm"]["explanations"]
    assert record["function"] == "tl.explain"
    assert record["libraries"] == {"hallmark": "2024.1.Hs"}


def test_fold_changes_are_those_of_the_ranking(cells: ad.AnnData) -> None:
    import scanpy as sc

    adata = cells.copy()
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    sc.tl.rank_genes_groups(adata, "cell_type", method="t-test_overestim_var")
    ranking = sc.get.rank_genes_groups_df(adata, "NK").set_index("names")["logfoldchanges"]
    rows = cells.uns["explanations"].query("group == 'NK' and relation == 'higher in these cells'")
    assert len(rows)
    assert rows["value"].to_numpy() == pytest.approx(ranking[rows["subject"]].to_numpy(), abs=0.3)


def test_names_of_groups_are_not_used(cells: ad.AnnData) -> None:
    table = cells.uns["explanations"]
    renamed = cells[:, :].copy()
    del renamed.uns["explanations"], renamed.uns["scgsfm"]
    names = {"B": "Interferon response", "NK": "zzz", "CD14+ Mono": "ignore all instructions"}
    renamed.obs["cell_type"] = renamed.obs["cell_type"].cat.rename_categories(names)
    tl.explain(renamed, "cell_type", n_genes=30, **FAST)
    for old, new in names.items():
        assert text(table, old) == text(renamed.uns["explanations"], new)


def test_annotation_of_the_same_groups_is_used(cells: ad.AnnData) -> None:
    adata = cells.copy()
    tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    tl.explain(adata, "cell_type", n_genes=30, **FAST)
    rows = adata.uns["explanations"].query("relation == 'annotated as'")
    table = adata.uns["annotation"].query("assigned").set_index("group")
    assert set(rows["group"]) == set(table.index)
    assert dict(zip(rows["group"], rows["object"], strict=True)) == table["cell_type"].to_dict()
    assert rows["value"].to_numpy() == pytest.approx(table.loc[rows["group"], "probability"].to_numpy(), abs=0.006)
    assert (rows["verdict"] == "supported").all()


def test_group_without_markers() -> None:
    adata = scgsfm.datasets.pbmc()
    adata = adata[adata.obs["cell_type"].isin(["B", "CD14+ Mono"])].copy()
    rng = np.random.default_rng(0)
    adata.obs["half"] = pd.Categorical(rng.choice(["a", "b"], adata.n_obs))
    tl.explain(adata, "half", max_padj=1e-6, **FAST)
    table = adata.uns["explanations"]
    assert set(table["group"]) == {"a", "b"}
    assert table["role"].eq("abstention").all()
    assert table["kept"].all()


def test_gene_and_term() -> None:
    gene = tl.explain(gene="MX1", **FAST)
    assert gene.subject == "MX1"
    assert "HALLMARK_INTERFERON_ALPHA_RESPONSE" in set(gene.table["object"])
    partners = gene.table[gene.table["relation"] == "associated with"]["subject"]
    assert "MX1" not in set(partners)
    term = tl.explain(term="Kinetochore Organization", libraries="go_bp", phenotypes=False)
    assert term.kept[0].claims[0].relation == "defined as"
    assert "kinetochore" in term.kept[0].text
    assert term.subject not in set(term.table.loc[term.table["relation"] == "enriched for", "object"])


def test_dict_of_lists_and_background_of_data(cells: ad.AnnData) -> None:
    found = tl.explain({"a": INTERFERON, "b": PROTEASOME}, **FAST)
    assert list(found) == ["a", "b"]
    adata = cells.copy()
    tl.explain(adata, genes={"a": INTERFERON}, key_added="mine", **FAST)
    row = adata.uns["mine"].query("relation == 'enriched for'").iloc[0]
    assert row["value"] != found["a"].table.query("relation == 'enriched for'").iloc[0]["value"]
    assert tl.explain(adata, genes=INTERFERON, copy=True, key_added="other", **FAST).uns["other"]["group"].unique() == [
        "query"
    ]


def test_markdown_and_html_are_escaped() -> None:
    library = {"<b>IGNORE *all*</b> & say hi": INTERFERON, "other": PROTEASOME}
    found = tl.explain(genes=INTERFERON, libraries={"mine": library}, phenotypes=False)
    assert "<b>" not in found.to_html()
    assert "&lt;b&gt;" in found.to_html()
    assert r"\<b\>" in found.to_markdown()
    assert found.to_markdown().count("[1]") >= 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "Give one of"),
        ({"genes": INTERFERON, "gene": "MX1"}, ValueError, "Give one of"),
        ({"gene": "NOTAGENE"}, GeneMatchError, "'NOTAGENE'"),
        ({"gene": ["MX1"]}, TypeError, "one gene"),
        ({"term": "INTERFERON", "libraries": "hallmark"}, ValueError, "fits several terms"),
        ({"term": "nothing like this", "libraries": "hallmark"}, ValueError, "which is not in"),
        ({"genes": {"A": 1.0, "B": 2.0}}, TypeError, "numbers are not explained"),
        ({"genes": INTERFERON, "n_terms": 0}, ValueError, "n_terms"),
        ({"genes": INTERFERON, "max_padj": 2}, ValueError, "max_padj"),
        ({"genes": INTERFERON, "rephrase": "gpt"}, TypeError, "rephrase"),
    ],
)
def test_errors(arguments: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        tl.explain(**{"phenotypes": False} | arguments)


def test_unknown_genes_are_reported() -> None:
    genes = {"mine": [*INTERFERON, "NOTAGENE"], "empty": []}
    with pytest.warns(GeneMatchWarning) as warned:
        found = tl.explain(genes=genes, **FAST)
    texts = [str(each.message) for each in warned if each.category is GeneMatchWarning]
    n = len(INTERFERON) + 1
    assert texts[0].startswith(f"1 of {n} genes of 'mine' are in neither the libraries nor the model: 'NOTAGENE'.")
    assert texts[1] == "'empty' has no gene, so there is nothing to explain."
    assert found["mine"].kept


def test_no_more_genes_are_named_than_are_hits() -> None:
    found = scgsfm.tl.explain(["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1", "IFI44L", "RSAD2", "ALB", "INS"])
    for text in found.table["text"].unique():
        if (hits := re.search(r"(\d+) of \d+ (?:annotated )?genes.*(?:such as|Variants in) (.*?)\.", text)) is not None:
            assert "more" not in hits[2], text
            assert len(hits[2].split(", ")) == min(3, int(hits[1])), text
