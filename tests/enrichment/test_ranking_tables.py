"""Rankings from tables of differential expression and other numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm.enrichment import from_genes

if TYPE_CHECKING:
    from typing import Any

GENES = ["CD3D", "CD79A", "LYZ", "MS4A1", "CD4", "CD8A"]
LOGFC = np.array([2.0, -1.0, 0.5, -3.0, 0.1, 1.0])
STAT = 2 * LOGFC + 0.1
P = np.array([1e-5, 0.01, 0.2, 1e-9, 0.9, 1e-3])
PADJ = np.array([1e-4, 0.02, 0.3, 1e-8, np.nan, 2e-3])
SIGNED_P = -np.log10(P) * np.sign(LOGFC)


def by_index(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({name.replace("__", "."): values for name, values in columns.items()}, index=GENES)


DESEQ2 = by_index(baseMean=10.0, log2FoldChange=LOGFC, lfcSE=1.0, stat=STAT, pvalue=P, padj=PADJ)
LIMMA = by_index(logFC=LOGFC, AveExpr=1.0, t=STAT, P__Value=P, adj__P__Val=PADJ, B=0.5)
EDGER = by_index(logFC=LOGFC, logCPM=5.0, F=LOGFC**2, PValue=P, FDR=PADJ)
SEURAT = by_index(p_val=P, avg_log2FC=LOGFC, pct__1=0.5, pct__2=0.1, p_val_adj=PADJ)
SCANPY = pd.DataFrame({"names": GENES, "scores": STAT, "logfoldchanges": LOGFC, "pvals": P, "pvals_adj": PADJ})
PRESTO = pd.DataFrame({"feature": GENES, "logFC": LOGFC, "statistic": 100 + STAT, "auc": 0.5, "pval": P, "padj": PADJ})
BY_P = "-log10 of {} with the sign of {}"


@pytest.mark.parametrize(
    ("table", "values", "ranked_by"),
    [
        pytest.param(DESEQ2, STAT, "stat", id="DESeq2"),
        pytest.param(DESEQ2.reset_index(), STAT, "stat", id="DESeq2 from CSV"),
        pytest.param(DESEQ2.reset_index(names="Unnamed: 0"), STAT, "stat", id="DESeq2 from R's CSV"),
        pytest.param(DESEQ2.assign(gene=GENES).reset_index(drop=True), STAT, "stat", id="names in a column"),
        pytest.param(
            DESEQ2.assign(symbol=GENES, note="none").set_index(pd.Index([*"abcdef"])), STAT, "stat", id="unknown index"
        ),
        pytest.param(
            DESEQ2.drop(columns="stat"), SIGNED_P, BY_P.format("pvalue", "log2FoldChange"), id="DESeq2, shrunk"
        ),
        pytest.param(LIMMA, STAT, "t", id="limma"),
        pytest.param(EDGER, SIGNED_P, BY_P.format("PValue", "logFC"), id="edgeR"),
        pytest.param(SEURAT, SIGNED_P, BY_P.format("p_val", "avg_log2FC"), id="Seurat"),
        pytest.param(SEURAT.drop(columns=["p_val", "p_val_adj"]), LOGFC, "avg_log2FC", id="Seurat, without p"),
        pytest.param(
            SEURAT.assign(avg_diff=0).drop(columns=["p_val", "p_val_adj"]), LOGFC, "avg_log2FC", id="Seurat, ROC"
        ),
        pytest.param(SCANPY, STAT, "scores", id="scanpy"),
        pytest.param(SCANPY[["names", "scores"]], STAT, "scores", id="scanpy, logistic regression"),
        pytest.param(PRESTO, SIGNED_P, BY_P.format("pval", "logFC"), id="presto: U has no sign"),
        pytest.param(EDGER.astype({"PValue": str}), SIGNED_P, BY_P.format("PValue", "logFC"), id="p as text"),
        pytest.param(EDGER.to_records(), SIGNED_P, BY_P.format("PValue", "logFC"), id="records"),
    ],
)
def test_differential_expression_is_one_ranking(table: Any, values: np.ndarray, ranked_by: str) -> None:
    source = from_genes(table)
    assert source.made == {"ranked_by": ranked_by}
    (ranking,) = source.rankings.values()
    assert list(source.rankings) == ["query"]
    expected = pd.Series(values, GENES).sort_values(ascending=False)
    assert ranking["name"].tolist() == expected.index.tolist()
    np.testing.assert_allclose(ranking["value"], expected)


def test_fold_changes_and_adjusted_p_select_the_top_genes() -> None:
    assert from_genes(DESEQ2).top(10, 0.05)["query"].tolist() == ["CD3D", "CD8A"]
    assert from_genes(LIMMA).top(10, 0.05)["query"].tolist() == ["CD3D", "CD8A"]


def test_the_column_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="scgsfm"):
        from_genes(EDGER)
    assert "Genes of the table are ranked by -log10 of PValue with the sign of logFC" in caplog.text


@pytest.mark.parametrize(("column", "labels"), [("group", ["b", "a"]), ("cluster", [1, 0]), ("contrast", ["b", "a"])])
def test_one_ranking_per_group(column: str, labels: list[Any]) -> None:
    table = SEURAT.assign(**{column: np.repeat(labels, 3)}, gene=GENES).set_index(pd.Index([f"{g}.1" for g in GENES]))
    rankings = from_genes(table).rankings
    assert list(rankings) == [str(label) for label in labels]
    assert [sorted(ranking["name"]) for ranking in rankings.values()] == [sorted(GENES[:3]), sorted(GENES[3:])]


def test_p_of_zero_is_ranked_first_by_fold_change() -> None:
    table = by_index(logFC=[2.0, -1.0, 0.5, -3.0, 0.1, 1.0], PValue=[1e-300, 0, 0, 0, 0.5, 0])
    ranking = from_genes(table).rankings["query"]
    assert ranking["name"].tolist() == ["CD8A", "LYZ", "CD3D", "CD4", "CD79A", "MS4A1"]
    assert np.isfinite(ranking["value"]).all()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (by_index(pvalue=P, padj=PADJ), "'pvalue', 'padj', which has p-values without a direction"),
        (by_index(logFC=LOGFC, t=STAT, z=STAT), r"several statistics \('t', 'z'\)"),
        (by_index(logFC=LOGFC, log2FC=LOGFC, pvalue=P), r"several columns of log fold changes \('logFC', 'log2FC'\)"),
        (by_index(logFC__A=LOGFC, logFC__B=LOGFC, PValue=P), "'logFC.A', 'logFC.B'"),
        (by_index(log2FoldChange_A=LOGFC, log2FoldChange_B=LOGFC), "no single column to rank genes by"),
        (by_index(logFC=LOGFC, pvalue=P, group=1, cluster=1), r"several columns of groups \('group', 'cluster'\)"),
        (by_index(logFC=LOGFC, pvalue=-np.log10(P)), "p-values outside 0 to 1 in 'pvalue'"),
        (by_index(logFC="up", pvalue=P), "no numbers in 'logFC'"),
        (DESEQ2.reset_index(drop=True), "no gene names"),
        (pd.DataFrame({"gene": GENES, "rank": range(1, 7)}), "counts ranks in 'rank': negate it"),
        (pd.DataFrame(), "no numeric column"),
    ],
)
def test_ambiguous_tables_are_refused(table: pd.DataFrame, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        from_genes(table)


@pytest.mark.parametrize("column", ["score", "x", 1])
def test_two_columns_are_a_ranking(column: str | int) -> None:
    (ranking,) = from_genes(pd.DataFrame({0: GENES, column: LOGFC})).rankings.values()
    assert ranking["name"].tolist() == ["CD3D", "CD8A", "LYZ", "CD4", "CD79A", "MS4A1"]


@pytest.mark.parametrize("table", [by_index(B=LOGFC, t=STAT), pd.DataFrame({"gene": GENES, "B": LOGFC, "t": STAT})])
def test_other_numbers_are_a_ranking_per_column(table: pd.DataFrame) -> None:
    rankings = from_genes(table).rankings
    assert list(rankings) == ["B", "t"]
    assert rankings["t"]["value"].tolist() == sorted(STAT, reverse=True)


def test_names_of_probes_are_split() -> None:
    ranking = from_genes(by_index(logFC=LOGFC, pvalue=P).rename({"CD3D": "CD3D /// CD3E"})).rankings["query"]
    assert ranking.set_index("name")["value"][["CD3D", "CD3E"]].tolist() == [5.0, 5.0]


def test_enrich_gives_one_result_for_a_table() -> None:
    sets = scgsfm.GeneSets("hallmark")
    values = pd.Series(np.random.default_rng(0).normal(size=len(sets.genes)), index=sets.genes)
    values[sets["HALLMARK_HYPOXIA"]] += 2
    table = pd.DataFrame({"baseMean": 1.0, "log2FoldChange": values / 2, "lfcSE": 0.5, "stat": values, "pvalue": 0.01})
    found = scgsfm.tl.enrich(table, "hallmark", mode="ranked", n_null=200)
    pd.testing.assert_frame_equal(found, scgsfm.tl.enrich(values, "hallmark", mode="ranked", n_null=200))
    assert found["term"][0] == "HALLMARK_HYPOXIA"
