"""Every function logs one line at the default verbosity, and warns of nothing where nothing is wrong."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from anndata import AnnData

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Callable

SETS = {"T": ["CD3D", "CD3E", "CD2", "CD3G"], "B": ["CD79A", "MS4A1", "CD79B", "CD19", "BANK1"]}
SEQUENCE = "CTGGCAAACAGATAAGA" * 11


def peaks() -> AnnData:
    """One peak, without cells."""
    return AnnData(var=pd.DataFrame({"sequence": [SEQUENCE]}, index=["a"]))


def with_donors(adata: AnnData) -> AnnData:
    """Cells of six donors and two groups."""
    adata.obs["donor"] = [f"d{i % 6}" for i in range(adata.n_obs)]
    adata.obs["group"] = ["a" if i % 6 < 3 else "b" for i in range(adata.n_obs)]
    return adata


CALLS: dict[str, tuple[str, Callable[[AnnData], object]]] = {
    "score": (
        r"added 'score_aucell' to \.obsm \(2 sets; 100 % of genes matched\)",
        lambda a: scgsfm.tl.score(a, SETS),
    ),
    "score of counts": (
        r"added 'score_ulm' to \.obsm \(2 sets; 100 % of genes matched; counts were log-normalized for this\)",
        lambda a: scgsfm.tl.score(a, SETS, method="ulm"),
    ),
    "gsfm": (r"added 'score_gsfm' to \.obsm", lambda a: scgsfm.tl.score(a, SETS, method="gsfm")),
    "annotate": (
        r"added 'annotation' to \.obs \(\d cell types; \d+ % of cells unassigned; \d+ % of genes matched; counts were",
        lambda a: scgsfm.tl.annotate(a, markers="pbmc_markers", groupby="cell_type"),
    ),
    "embed_cells": (
        r"added 'X_gsfm' to \.obsm \(\d+ dimensions; \d+ % of genes matched; counts",
        scgsfm.tl.embed_cells,
    ),
    "embed_genes": (r"added 'gsfm' to \.varm \(\d+ dimensions; \d+ % of genes matched\)$", scgsfm.tl.embed_genes),
    "embed_sets": (r"embedded 2 sets \(100 % of genes in the vocab", lambda _: scgsfm.tl.embed_sets(SETS)),
    "complete_sets": (r"completed 2 sets \(100 % of genes in the", lambda _: scgsfm.tl.complete_sets(SETS)),
    "enrich": (
        r"added 'enrich' to \.uns \(\d groups; \d+ terms in [\d,]+ genes; \d+ rows? with padj ≤ 0\.05; genes ranked by",
        lambda a: scgsfm.tl.enrich(a, groupby="cell_type"),
    ),
    "compare of counts by few ranks": (
        r"added .*; \d rows? with padj ≤ 0\.05; aucell used the highest 5 of 100 genes of a cell: for a panel, pass",
        lambda a: scgsfm.tl.compare(
            with_donors(a[:, [*SETS["T"], *SETS["B"], *a.var_names[:91]]].copy()),
            SETS,
            method="aucell",
            condition="group",
            sample="donor",
        ),
    ),
    "compare": (
        r"added 'compare', 'compare_samples' to \.uns \(b versus a; 2 sets, 1 cell type, 6 samples; \d rows? with padj ≤ 0\.05\)",
        lambda a: scgsfm.tl.compare(with_donors(a), SETS, condition="group", sample="donor"),
    ),
    "enrich of a list": (r"tested \d+ terms in", lambda _: scgsfm.tl.enrich(SETS["B"] + SETS["T"], min_genes=2)),
    "cluster_terms": (
        r"clustered 2 terms in 2 clusters$",
        lambda _: scgsfm.tl.cluster_terms(pd.DataFrame({"term": list(SETS)}), SETS, by="jaccard"),
    ),
    "related_genes": (r"found the genes related to 1 gene by gsfm-base$", lambda _: scgsfm.tl.related_genes("CD3D")),
    "drug_scores": (
        r"added 'drugs_bundled' to \.obsm \(1 compound; \d+ % of genes",
        lambda a: scgsfm.tl.drug_scores(a, "vorinostat"),
    ),
    "drugs": (
        r"added 'drugs', 'drugs_classes' to \.uns \(2 groups; \d+ compounds; genes ranked by",
        lambda a: scgsfm.tl.drugs(a, "two"),
    ),
    "phenotypes": (
        r"added 'phenotypes' to \.uns \(2 groups; genes ranked by",
        lambda a: scgsfm.tl.phenotypes(a, "two"),
    ),
    "predict_functions": (
        r"added 'predicted_functions' to \.uns \(2 terms; 1 gene, 100 % matched\)",
        lambda a: scgsfm.tl.predict_functions(a, library=SETS, mask_var=a.var_names == "CD3D"),
    ),
    "predicted functions of a list": (
        r"predicted 2 terms \(1 gene, 100 % matched\)",
        lambda _: scgsfm.tl.predict_functions(["CD3D"], library=SETS),
    ),
    "resolve_genes": (
        r"added 'scgsfm_symbol', 'scgsfm_status' to \.var \(\d+ % of genes have",
        scgsfm.pp.resolve_genes,
    ),
    "regulatory_activity": (
        r"added 'r3lm_activity' to \.varm \(1 of 1 elements have a sequence\)",
        lambda _: scgsfm.tl.regulatory_activity(peaks(), sequences="sequence"),
    ),
    "activity of sequences": (
        r"predicted the activity of sequences \(1 of 1",
        lambda _: scgsfm.tl.regulatory_activity(sequences=[SEQUENCE]),
    ),
    "explain": (
        r"added 'explanations' to \.uns \(5 groups; \d+ claims, 0 sentences struck; genes ranked by",
        lambda a: scgsfm.tl.explain(a, "cell_type", libraries="hallmark", phenotypes=False, n_genes=5),
    ),
    "explain_regulation": (
        r"added 'r3lm_explanations' to \.uns \(1 element; 1 cell type\)",
        lambda _: scgsfm.tl.explain_regulation(peaks(), sequences="sequence", cell_type="K562", bases=False),
    ),
    "saturation_mutagenesis": (
        r"added 'r3lm_saturation' to \.uns \(effects of 561 variants of 1 element\)",
        lambda _: scgsfm.tl.saturation_mutagenesis(peaks(), sequences="sequence", cell_type="K562", mode="card"),
    ),
    "motif_activity": (
        r"added 'motif_activity' to \.uns \(3 groups; \d+ families; 0 rows? with padj ≤ 0\.05; groups not permuted; 162 of 250",
        lambda _: scgsfm.tl.motif_activity(scgsfm.datasets.atac(), "cell_line", genome=scgsfm.datasets.atac_genome()),
    ),
    "motif_deviations": (
        r"added 'motif_deviations', 'motif_deviations_z' to \.obsm \(\d+ families; 162 of 250 peaks used\)",
        lambda _: scgsfm.tl.motif_deviations(scgsfm.datasets.atac(), genome=scgsfm.datasets.atac_genome()),
    ),
    "gene_page": (r"GenePage 'CD3D': \d known and", lambda _: scgsfm.tl.gene_page("CD3D", libraries={"own": SETS})),
    "gene_phenotype": (
        r"found 1 association of genes and phenotypes \(1 known\)$",
        lambda _: scgsfm.tl.gene_phenotype("SCN1A", "Seizure"),
    ),
    "rank_genes": (
        r"ranked genes for 1 patient by 2 phenotypes$",
        lambda _: scgsfm.tl.rank_genes(["Seizure", "Ataxia"], n_top=3),
    ),
    "design_elements": (
        r"designed 1 element for K562 \(mean gain 0\.00\)",
        lambda _: scgsfm.tl.design_elements(SEQUENCE[:51], "K562", max_changes=0),
    ),
    "haplotype_effect": (
        "predicted the effect of 1 of 1 haplotype",
        lambda _: scgsfm.tl.haplotype_effect([["chr1:257:G:T"]], genome={"chr1": "ACCGGAAGTGACGTCATT" * 30}),
    ),
    "variant_effect": (
        "predicted the effect of 1 of 1 variant",
        lambda _: scgsfm.tl.variant_effect(["chr1:257:G:T"], genome={"chr1": "ACCGGAAGTGACGTCATT" * 30}),
    ),
}


@pytest.fixture(scope="module")
def cells() -> AnnData:
    adata = scgsfm.datasets.pbmc()[::4].copy()
    adata = adata[adata.obs["cell_type"].isin(adata.obs["cell_type"].value_counts().index[:5])].copy()
    adata.obs["two"] = (adata.obs["cell_type"] == "B").map({True: "B", False: "others"})
    return adata


@pytest.mark.parametrize("case", CALLS)
def test_one_line(case: str, cells: AnnData, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    line, call = CALLS[case]
    monkeypatch.setattr("scgsfm.kernels._numba_utils.CompileNotice.on_start", lambda *_: None)  # once per process
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=FutureWarning)  # of other packages, for programmers
        call(cells.copy())
    ours = [record for record in caplog.records if record.name == "scgsfm"]
    assert len(ours) == 1, caplog.messages
    pd.testing.assert_series_equal(pd.Series([ours[0].getMessage()]).str.match(line), pd.Series([True]))


def test_every_function_that_logs_is_called() -> None:
    silent = {"ask"}  # the answer is a text
    called = {name.split()[0] for name in CALLS}
    assert set(scgsfm.tl.__all__) - called <= silent
