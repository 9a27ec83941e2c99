from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import scanpy as sc

import scgsfm
from scgsfm import tl
from scgsfm.enrichment import excluded_genes, from_adata
from scgsfm.errors import GeneMatchWarning

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

RIBOSOMAL = ["RPL3", "RPL3L", "RPL10A", "RPL13A", "RPL36AL", "RPLP0", "RPLP2", "RPS4X", "RPS4Y1", "RPS27A", "RPS27L"]
RIBOSOMAL += ["RPSA", "RPL7L1", "FAU", "UBA52"]
OTHER = ["RPS6KA1", "RPS6KB2", "RPS19BP1", "RPLP0P6", "MRPL3", "RPS10-NUDT3", "RPL36A-HNRNPH2", "RPN1", "CD3E", "MT1X"]


def names(*genes: str) -> np.ndarray:
    return np.array(genes, dtype=object)


@pytest.fixture(scope="module")
def pbmc() -> AnnData:
    adata = scgsfm.datasets.pbmc()
    adata = adata[adata.obs["cell_type"].isin(["Naive CD4 T", "CD14+ Mono"])].copy()
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    return adata


def test_ribosomal_proteins_and_not_their_partners() -> None:
    genes = names(*RIBOSOMAL, *OTHER)
    assert genes[excluded_genes("ribosomal", genes)].tolist() == RIBOSOMAL


def test_all_core_proteins_of_the_ribosome_are_in_the_group() -> None:
    sets = scgsfm.datasets.library("go_cc")
    term = next(name for name in sets if name.upper().startswith("CYTOSOLIC LARGE RIBOSOMAL SUBUNIT"))
    genes = names(*[gene for gene in sets[term] if gene.startswith("RPL") and "-" not in gene])
    assert len(genes) > 40
    assert excluded_genes("ribosomal", genes).all()


@pytest.mark.parametrize(
    "genes",
    [
        ["Rpl13a", "Rps6", "Rplp0", "Rps6ka1", "Cd3e", "Cd8a"],  # mouse
        ["ENSG00000142541", "ENSG00000137154", "ENSG00000089157.16", "ENSG00000117676", "ENSG00000198851", "915"],
    ],
)
def test_any_naming(genes: list[str]) -> None:
    assert excluded_genes("ribosomal", names(*genes)).tolist() == [True, True, True, False, False, False]


def test_mitochondrial_genes_and_genes_by_name() -> None:
    genes = names("MT-CO1", "MT-RNR2", "MT1X", "MALAT1", "RPL3", "CCN2")
    assert excluded_genes("mitochondrial", genes).tolist() == [True, True, False, False, False, False]
    # CTGF is the previous symbol of CCN2
    assert excluded_genes(["ribosomal", "MALAT1", "CTGF"], genes).tolist() == [False, False, False, True, True, True]


@pytest.mark.parametrize(
    ("exclude", "error", "message"),
    [
        ("ribosomial", ValueError, "ribosomal"),
        (["NOGENE1", "NOGENE2"], ValueError, "NOGENE2"),
        (3, TypeError, "exclude"),
        (["ribosomal", 3], TypeError, "exclude"),
    ],
)
def test_what_is_not_a_gene_is_refused(exclude: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        excluded_genes(exclude, names("RPL3", "CD3E"))


def test_one_unknown_gene_is_reported() -> None:
    with pytest.warns(GeneMatchWarning, match="'NOGENE'"):
        mask = excluded_genes(["CD3E", "NOGENE"], names("RPL3", "CD3E"))
    assert mask.tolist() == [False, True]


def test_rankings_and_background_are_those_without_the_genes(pbmc: AnnData) -> None:
    options: dict[str, Any] = {"groupby": "cell_type", "key": "rank_genes_groups", "layer": None, "use_raw": None}
    every = from_adata(pbmc, **options, gene_symbols=None)
    some = every.without("ribosomal")
    assert every.without(None) is every
    assert every.background is not None
    assert some.background is not None
    dropped = set(every.background.genes) - set(some.background.genes)
    assert {"RPL13A", "RPS6", "RPLP0"} <= dropped
    assert len(dropped) < 110
    kept = [gene for gene in every.top(10_000, 0.05)["Naive CD4 T"] if gene not in dropped]
    assert some.top(10_000, 0.05)["Naive CD4 T"].tolist() == kept
    # the next markers take their place
    assert len(some.top(50, 0.05)["Naive CD4 T"]) == 50 == len(every.top(50, 0.05)["Naive CD4 T"])
    levels = dict(zip(every.background.genes, every.background.level, strict=True))  # type: ignore[arg-type]
    assert [levels[gene] for gene in some.background.genes] == some.background.level.tolist()  # type: ignore[union-attr]


def test_enrich_without_ribosomal_genes_equals_that_of_data_without_them(pbmc: AnnData) -> None:
    tl.enrich(pbmc, "hallmark", groupby="cell_type", exclude="ribosomal", key_added="without")
    tl.enrich(pbmc, "hallmark", groupby="cell_type", key_added="with")
    without = pbmc[:, ~excluded_genes("ribosomal", pbmc.var_names.to_numpy())].copy()
    tl.enrich(without, "hallmark", groupby="cell_type")
    pd.testing.assert_frame_equal(pbmc.uns["without"], without.uns["enrich"])
    assert not pbmc.uns["without"].equals(pbmc.uns["with"])


def test_the_record_survives_a_file(pbmc: AnnData, tmp_path: Path) -> None:
    tl.enrich(pbmc, "hallmark", groupby="cell_type", exclude=["ribosomal", "MALAT1"], mode="ranked", key_added="r")
    ranking = pbmc.uns["scgsfm"]["r"]["ranking"]
    assert list(ranking["exclude"]) == ["ribosomal", "MALAT1"]
    assert ranking["n_excluded"] == pbmc.n_vars - pbmc.uns["scgsfm"]["r"]["n_background"] - _undetected(pbmc)
    pbmc.write_h5ad(tmp_path / "a.h5ad")
    back = sc.read_h5ad(tmp_path / "a.h5ad")
    assert list(back.uns["scgsfm"]["r"]["ranking"]["exclude"]) == ["ribosomal", "MALAT1"]
    # the curves are those of the same ranking
    term = back.uns["r"]["term"].iloc[0]
    axes = scgsfm.pl.running_score(back, term, group="CD14+ Mono", show=False)
    n_ranked = round(axes[0].get_xlim()[1])
    assert abs(n_ranked - back.uns["scgsfm"]["r"]["n_background"]) < 20


def _undetected(adata: AnnData) -> int:
    return int((np.asarray((adata.X > 0).sum(axis=0)).ravel() == 0).sum())


def test_lists_of_genes_have_no_exclude() -> None:
    with pytest.raises(ValueError, match=r"`exclude` requires AnnData"):
        tl.enrich(["CD3E", "CD3D", "CD8A"], "hallmark", exclude="ribosomal")
