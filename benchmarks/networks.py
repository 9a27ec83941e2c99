"""Do the networks find what was perturbed?

    python benchmarks/networks.py

Signatures are sets of genes that went up and down. A network's activity in a signature is the t-value of ``ulm`` over all genes
of any signature, standardized over the network's sources. AUROC: the share of other sources below the one that was perturbed,
where a lost factor should be low.

- transcription factors: 936 experiments with 322 factors (ChEA3's collection from GEO). ``same factor, other studies`` takes the
  signed sum of the factor's signatures in other studies as its regulon; it says what is possible here.
- pathways: ligands whose pathway is in PROGENy (Enrichr's ligand perturbations from GEO), and single cells with and without
  interferon-beta (AUROC of the score between the conditions within each cell type, averaged).
"""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _common import data_file, parser, report
from sklearn.metrics import roc_auc_score

import scgsfm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GAIN = {"OE", "ACTIVATION", "INDUCTION", "INDUCED", "ACTVATION", "HYPERACTIVE", "KNOCKIN"}
"""Kinds of experiment with more of the factor; all others lose it."""
LIGANDS = {
    r"17 ?beta-estradiol|estradiol|estrogen": "Estrogen",
    r"testosterone|dihydrotestosterone": "Androgen",
    r"tgf-?beta|transforming growth factor": "TGFb",
    r"tnf|tumou?r necrosis": "TNFa",
    r"interferon|ifn|interleukin-?6|il-?6": "JAK-STAT",
    r"egf|epidermal growth": "EGFR",
    r"vegf|vascular endothelial growth": "VEGF",
    r"wnt": "WNT",
    r"interleukin-?1(?!\d)|il-?1(?!\d)": "NFkB",
}
"""Beginning of the name of a ligand, and its pathway in PROGENy."""


def read(path: Path) -> dict[str, list[str]]:
    """Sets of a GMT file; the second column may be a gene."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return {row[0]: [gene for gene in row[1:] if gene] for row in rows}


def signatures(up: dict[str, list[str]], down: dict[str, list[str]]) -> tuple[np.ndarray, list[str]]:
    """Signs of the genes (rows: the sets of ``up``, whose keys ``down`` shares)."""
    genes = sorted({gene for sets in (up, down) for members in sets.values() for gene in members})
    position = {gene: i for i, gene in enumerate(genes)}
    values = np.zeros((len(up), len(genes)), np.float32)
    for row, name in enumerate(up):
        values[row, [position[gene] for gene in down[name]]] = -1
        values[row, [position[gene] for gene in up[name]]] = 1
    return values, genes


def activities(values: np.ndarray, genes: list[str], net: pd.DataFrame) -> pd.DataFrame:
    """t-values of ``ulm`` (signatures × sources), standardized by source."""
    net = net[net["target"].isin(genes)]
    sources, targets = pd.factorize(net["source"], sort=True), pd.Index(genes).get_indexer(net["target"])
    weights = np.zeros((len(genes), len(sources[1])), np.float32)
    weights[targets, sources[0]] = net["weight"]
    return pd.DataFrame(t_values(values, weights), columns=sources[1])


def t_values(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """t-values of the slope of each signature on each column of weights, standardized by column."""

    def standard(x: np.ndarray, axis: int) -> np.ndarray:
        x = x - x.mean(axis, keepdims=True)
        return x / (x.std(axis, keepdims=True) + 1e-9)

    r = np.clip(standard(values, 1) @ standard(weights, 0) / values.shape[1], -0.9999, 0.9999)
    t: np.ndarray = r * np.sqrt((values.shape[1] - 2) / (1 - r**2))
    return t / (t.std(0, keepdims=True) + 1e-9)


def ranks(table: pd.DataFrame, perturbed: Sequence[str]) -> pd.Series:
    """Share of other sources below the perturbed one, for signatures whose source the network has."""
    found = {
        i: float((row.drop(name) < row[name]).mean() + (row.drop(name) == row[name]).mean() / 2)
        for (i, row), name in zip(table.iterrows(), perturbed, strict=True)
        if name in table
    }
    return pd.Series(found)


def row(name: str, found: pd.Series, perturbed: np.ndarray, rng: np.random.Generator) -> dict[str, object]:
    """Mean over signatures, mean over what was perturbed with its interval, and counts."""
    by_source = found.groupby(perturbed[found.index]).mean()
    draws = rng.choice(by_source.to_numpy(), (2000, len(by_source))).mean(1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return {
        "network": name,
        "experiments": len(found),
        "perturbed": len(by_source),
        "auroc": found.mean(),
        "auroc_by_perturbed": by_source.mean(),
        "low": low,
        "high": high,
    }


def factors(data: Path | None, rng: np.random.Generator) -> list[dict[str, object]]:
    """Networks of transcription factors on perturbed factors."""
    folder = data_file(data, "genesets/train/perturb_GEO")
    up, down = (read(folder / f"chea3_TFpertGEO{which}.gmt.gz") for which in ("up", "dn"))
    up = {name.removesuffix("_UP"): genes for name, genes in up.items()}
    down = {re.sub("_(DOWN|DN)$", "", name): genes for name, genes in down.items()}
    names = [name for name in up if name in down]
    values, genes = signatures({name: up[name] for name in names}, down)
    kinds = [name.split("_")[:2] for name in names]
    perturbed = np.array([kind[0] for kind in kinds])
    values *= np.array([1 if kind[1] in GAIN else -1 for kind in kinds], np.float32)[:, None]
    rows = [
        row(
            "tf_targets",
            ranks(activities(values, genes, scgsfm.datasets.network("tf_targets")), perturbed),
            perturbed,
            rng,
        )
    ]
    studies = [set(re.findall(r"GSE\d+", name)) for name in names]
    unique = sorted(set(perturbed))
    sums = np.stack([values[perturbed == name].sum(0) for name in unique])
    found = {}
    for i, name in enumerate(perturbed):
        others = [j for j in np.flatnonzero(perturbed == name) if not studies[j] & studies[i]]
        if others:
            regulons = np.vstack([values[others].sum(0), sums[[k for k, other in enumerate(unique) if other != name]]])
            t = np.corrcoef(np.vstack([values[i], regulons]))[0, 1:]
            found[i] = float((t[1:] < t[0]).mean())
    return [*rows, row("same factor, other studies", pd.Series(found), perturbed, rng)]


def ligands(data: Path | None, rng: np.random.Generator) -> list[dict[str, object]]:
    """PROGENy on ligands, with all genes that ship and the most significant ones."""
    folder = data_file(data, "genesets/train/perturb_GEO")
    up, down = (read(folder / f"enrichr_Ligand_Perturbations_from_GEO_{which}.gmt.gz") for which in ("up", "down"))
    pathways = {name: path for name in up for start, path in LIGANDS.items() if re.match(start, name, re.IGNORECASE)}
    names = [name for name in pathways if name in down]
    values, genes = signatures({name: up[name] for name in names}, down)
    perturbed = np.array([pathways[name] for name in names])
    return [
        row(f"progeny, top {top}", ranks(activities(values, genes, net), perturbed), perturbed, rng)
        for top in (100, 500)
        for net in [scgsfm.datasets.network("progeny", top=top)]
    ]


def interferon(data: Path | None) -> pd.DataFrame:
    """AUROC of each pathway's score between stimulated and control cells, averaged over cell types."""
    import anndata as ad

    adata = ad.read_h5ad(data_file(data, "scrna/kang_ifnb_subset_1556x1267.h5ad"))
    scgsfm.tl.score(adata, "progeny", method="mlm")
    scores, stimulated = scgsfm.get.scores(adata, "mlm"), (adata.obs["group_id"] == "stim").to_numpy()
    found = {}
    for name in adata.obs["cluster_id"].unique():
        cells = (adata.obs["cluster_id"] == name).to_numpy()
        if min(stimulated[cells].sum(), (~stimulated)[cells].sum()) >= 10:
            found[name] = {path: roc_auc_score(stimulated[cells], scores.loc[cells, path]) for path in scores}
    table = pd.DataFrame(found).mean(axis=1).sort_values(ascending=False)
    return table.rename_axis("pathway").rename("auroc").reset_index()


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--only", choices=["signatures", "interferon"], help="one of the two tables")
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    rng = np.random.default_rng(0)
    if args.only != "interferon":
        report("networks", pd.DataFrame([*factors(args.data, rng), *ligands(args.data, rng)]), args.out)
    if args.only != "signatures":
        report("networks_interferon", interferon(args.data), args.out)


if __name__ == "__main__":
    main()
