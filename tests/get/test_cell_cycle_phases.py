from __future__ import annotations

import pytest

import scgsfm

S = ["PCNA", "TYMS", "MCM2", "MCM4", "RRM1", "UNG", "GINS2", "CDCA7", "DTL", "UHRF1"]
G2M = ["HMGB2", "CDK1", "NUSAP1", "UBE2C", "BIRC5", "TPX2", "TOP2A", "CKS2", "NUF2", "TUBB4B", "TMPO", "CKAP2"]


def test_equals_scanpy() -> None:
    import scanpy as sc

    adata = scgsfm.datasets.pbmc()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    sets = {"S": [g for g in S if g in adata.var_names], "G2M": [g for g in G2M if g in adata.var_names]}
    sc.tl.score_genes_cell_cycle(adata, s_genes=sets["S"], g2m_genes=sets["G2M"])
    scgsfm.tl.score(adata, sets, method="score_genes", ctrl_size=min(map(len, sets.values())))
    phases = scgsfm.get.cell_cycle_phases(adata)
    assert phases.cat.categories.tolist() == ["G1", "S", "G2M"]
    assert phases.index.equals(adata.obs_names)
    assert (phases.astype(str) == adata.obs["phase"].astype(str)).mean() > 0.995  # scanpy sums in single precision
    assert phases.nunique() == 3
    with pytest.raises(KeyError, match="No set 's_phase' was scored; there are: 'S', 'G2M'"):
        scgsfm.get.cell_cycle_phases(adata, s="s_phase")
