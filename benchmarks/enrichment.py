"""Calibration and power of the enrichment modes, and their agreement with gseapy and blitzGSEA.

    python benchmarks/enrichment.py --model gsfm-base

Calibration: lists of random genes are tested against a library. The genes are drawn uniformly, or e times as often for
each standard deviation of their popularity in the model, of the logarithm of the number of terms that list them, or of
the logarithm of their mean expression in blood cells. For each mode the table shows the fraction of p-values below
0.05, 0.01 and 0.001 and the Kolmogorov–Smirnov distance from uniform, over all lists and terms. As a contrast, "model,
unmasked" ranks all genes by the model's logits, including the genes of the list, and applies a rank-sum test. For
rankings, random genes are shifted up by 1.5 standard deviations.

Power: a list contains 5, 10 or 20 genes of a term and the same number of random genes. The rank of the term in the
library by p-value is reported with the library as it is ("listed"), and with the genes of the list removed from all of
its terms ("unlisted"), so that only related genes link list and term. For methods that use rankings, the genes of the
list are shifted up by 3 standard deviations. gseapy and blitzGSEA run on the first terms only; scgsfm runs on the same
terms for comparison.

Agreement: enrichment scores and p-values of the markers of blood cells, compared with gseapy and blitzGSEA, and their
time.
"""

from __future__ import annotations

import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from _common import data_file, parser, report, say
from scipy.stats import norm, rankdata, spearmanr

import scgsfm
from scgsfm import GeneSets, enrichment
from scgsfm.completion import gene_columns
from scgsfm.enrichment import Background

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM
    from scgsfm.scoring import SetIndex

MIN_GENES, MAX_GENES = 5, 500
LIST_SIZES = (10, 50)
LEVELS = (0.05, 0.01, 0.001)
TRUE_GENES = (5, 10, 20)
SHIFT = {"calibration": 1.5, "power": 3.0}


class Random:
    """Random lists, and tests of a library on them."""

    def __init__(self, library: GeneSets, model: GSFM, background: Background) -> None:
        columns = gene_columns(np.asarray(model.genes, dtype=object), background.genes)
        self.model, self.tokens = model, np.flatnonzero(columns >= 0)
        self.background = background.take(columns[self.tokens])
        self.terms = enrichment.terms_over(library, self.background.genes, min_genes=MIN_GENES, max_genes=MAX_GENES)
        self.popularity = model.popularity[self.tokens]
        self.listed = np.log1p(np.bincount(self.terms.membership.indices, minlength=len(self.tokens)))
        self.traits = enrichment.gene_covariates(self.terms, self.popularity, self.background.level)

    def draw(self, size: int, level: np.ndarray | None, rng: np.random.Generator) -> np.ndarray:
        """Positions of genes; one standard deviation of ``level`` makes a gene e times as likely."""
        n = len(self.tokens)
        if level is None:
            return rng.choice(n, size, replace=False)
        weight = np.exp((level - level.mean()) / level.std())
        return rng.choice(n, size, replace=False, p=weight / weight.sum())

    def pvalues(self, query: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """One p-value per term for each mode."""
        values = rng.normal(size=len(self.tokens))
        values[query] += SHIFT["calibration"]
        options = {"n_null": 500, "rng": rng}
        related = enrichment.model_enrichment(query, self.terms, self.model, self.tokens, self.traits, **options)
        return {
            "overlap": enrichment.ora(query, self.terms).pvalue,
            "ranked": enrichment.prerank(values, self.terms, n_null=4000, rng=rng).pvalue,
            "gsfm": related.pvalue,
            "model, unmasked": self._unmasked(query),
        }

    def _unmasked(self, query: np.ndarray) -> np.ndarray:
        genes = self.background.genes[query]
        return rank_sum(self.model.logits([genes.tolist()])[0, self.tokens], self.terms)


def rank_sum(values: np.ndarray, terms: SetIndex) -> np.ndarray:
    """One-sided p-values of the Mann–Whitney test for higher values in the genes of each term."""
    n, size = len(values), terms.n_found
    u = terms.membership @ rankdata(values) - size * (size + 1) / 2
    return norm.sf((u - size * (n - size) / 2) / np.sqrt(size * (n - size) * (n + 1) / 12))


def calibration(draws: dict[str, tuple[Random, np.ndarray | None]], n_lists: int, seed: int) -> dict[tuple, np.ndarray]:
    """P-values by sampling of the genes, size of the lists, and mode."""
    found: dict[tuple, list[np.ndarray]] = {}
    for name, (random, level) in draws.items():
        for size in LIST_SIZES:
            for i in range(n_lists):
                rng = np.random.default_rng([seed, size, i])
                for mode, pvalue in random.pvalues(random.draw(size, level, rng), rng).items():
                    found.setdefault((name, size, mode), []).append(pvalue)
            say(f"lists of {size} genes, {name}: done")
    return {key: np.concatenate(values) for key, values in found.items()}


def calibration_table(found: dict[tuple, np.ndarray], n_lists: int) -> pd.DataFrame:
    """Fractions below each level, and the distance from uniform."""
    rows = []
    for (drawn, size, mode), pvalues in found.items():
        ordered = np.sort(pvalues)
        steps = np.arange(len(ordered) + 1) / len(ordered)
        distance = max(np.abs(ordered - steps[1:]).max(), np.abs(ordered - steps[:-1]).max())
        shares = [(pvalues < level).mean() for level in LEVELS]
        rows.append((drawn, size, mode, n_lists, len(pvalues) // n_lists, *shares, distance))
    columns = ["genes drawn", "genes", "mode", "lists", "terms", *(f"p < {level}" for level in LEVELS), "KS distance"]
    return pd.DataFrame(rows, columns=columns)


def draw_calibration(found: dict[tuple, np.ndarray], path: Path) -> None:
    """Fraction of p-values below p against p, on logarithmic axes: on the diagonal if uniform."""
    import matplotlib.pyplot as plt

    drawn = list(dict.fromkeys(name for name, _, _ in found))
    figure, axes = plt.subplots(
        len(LIST_SIZES),
        len(drawn),
        figsize=(2.7 * len(drawn), 2.6 * len(LIST_SIZES)),
        sharex=True,
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    grid = np.logspace(-4, 0, 81)
    colours = {"overlap": "#E69F00", "ranked": "#56B4E9", "gsfm": "#009E73", "model, unmasked": "#999999"}
    for row, size in zip(axes, LIST_SIZES, strict=True):
        for axis, name in zip(row, drawn, strict=True):
            axis.plot(grid, grid, color="black", lw=0.7, ls=":")
            for mode, colour in colours.items():
                ordered = np.sort(found[name, size, mode])
                share = np.searchsorted(ordered, grid, side="right") / len(ordered)
                axis.loglog(grid, np.maximum(share, 1e-6), color=colour, label=mode, lw=1.6)
            axis.set(xlim=(1e-4, 1), ylim=(1e-5, 1.2), title=f"{name}, {size} genes")
            axis.title.set_fontsize(9)
            axis.spines[["top", "right"]].set_visible(False)
    axes[-1, 0].set(xlabel="p", ylabel="share of p-values below p")
    axes[0, -1].legend(frameon=False, fontsize=8, loc="lower right")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def lists(
    library: GeneSets, genes: np.ndarray, n_terms: int, rng: np.random.Generator
) -> Iterator[tuple[str, int, list[str]]]:
    """Name of a term, number of its genes, and a list of these and as many others."""
    known = set(genes)
    large = [name for name in library if max(TRUE_GENES) + 10 <= len(known.intersection(library[name])) <= MAX_GENES]
    for name in rng.choice(large, min(n_terms, len(large)), replace=False):
        of_term = sorted(known.intersection(library[name]))
        others = sorted(known.difference(of_term))
        for n in TRUE_GENES:
            yield name, n, [*rng.choice(of_term, n, replace=False), *rng.choice(others, n, replace=False)]


def without(library: GeneSets, genes: list[str]) -> GeneSets:
    """The library without ``genes`` in any term."""
    entries = library.to_frame()
    return GeneSets(entries[~entries["target"].isin(genes)])


def rank_of(term: str, table: pd.DataFrame, n_terms: int) -> float:
    """Rank of a term by p-value, then by absolute score, with mid-ranks for ties. Missing terms rank last."""
    if term not in table.index:
        return len(table) + (n_terms - len(table) + 1) / 2
    own = table.loc[term]
    before = (table["pvalue"] < own["pvalue"]) | (
        (table["pvalue"] == own["pvalue"]) & (table["score"].abs() > abs(own["score"]))
    )
    same = (table["pvalue"] == own["pvalue"]) & (table["score"].abs() == abs(own["score"]))
    return before.sum() + (same.sum() + 1) / 2


def _ours(mode: str, genes: list[str], ranking: pd.Series, sets: Any, background: np.ndarray, model: GSFM) -> Any:
    data = ranking if mode == "ranked" else genes
    options = {"background": background, "min_genes": MIN_GENES, "max_genes": MAX_GENES, "model": model}
    return scgsfm.tl.enrich(data, sets, mode=mode, **options).set_index("term")


def _enrichr(genes: list[str], ranking: pd.Series, sets: Any, background: np.ndarray, model: GSFM) -> Any:
    import gseapy

    found = gseapy.enrich(genes, gene_sets=dict(sets), background=list(background), outdir=None, no_plot=True).results
    if not len(found):
        return pd.DataFrame({"pvalue": [], "score": []})
    return found.rename(columns={"Term": "term", "P-value": "pvalue", "Odds Ratio": "score"}).set_index("term")


def _prerank(genes: list[str], ranking: pd.Series, sets: Any, background: np.ndarray, model: GSFM) -> Any:
    import gseapy

    options = {"min_size": MIN_GENES, "max_size": MAX_GENES, "permutation_num": 200, "seed": 0, "outdir": None}
    found = gseapy.prerank(rnk=ranking, gene_sets=dict(sets), threads=2, no_plot=True, **options).res2d
    table = found.rename(columns={"Term": "term", "NOM p-val": "pvalue", "NES": "score", "ES": "es"})
    return table.set_index("term")[["pvalue", "score", "es"]].astype(float)


def _blitz(genes: list[str], ranking: pd.Series, sets: Any, background: np.ndarray, model: GSFM) -> Any:
    import blitzgsea

    signature = pd.DataFrame({"i": ranking.index, "v": ranking.to_numpy()})
    options = {"min_size": MIN_GENES, "max_size": MAX_GENES, "center": False, "processes": 2}
    found = blitzgsea.gsea(signature, dict(sets), **options)
    return found.rename(columns={"pval": "pvalue", "nes": "score"}).rename_axis("term")


METHODS: dict[str, Callable[..., pd.DataFrame]] = {
    "overlap": partial(_ours, "overlap"),
    "ranked": partial(_ours, "ranked"),
    "gsfm": partial(_ours, "gsfm"),
    "gseapy enrich": _enrichr,
    "gseapy prerank": _prerank,
    "blitzGSEA": _blitz,
}
OURS = ("overlap", "ranked", "gsfm")


def power(name: str, library: GeneSets, model: GSFM, n_terms: int, n_peers: int, seed: int) -> pd.DataFrame:
    """Rank of each list's term by each method."""
    vocabulary = np.asarray(model.genes, dtype=object)
    genes = library.genes[np.isin(library.genes, vocabulary)]
    library = library.filter(min_genes=MIN_GENES, max_genes=MAX_GENES)
    rng = np.random.default_rng([seed, 1])
    rows = []
    for i, (term, n, query) in enumerate(lists(library, genes, n_terms, rng)):
        ranking = pd.Series(rng.normal(size=len(genes)), genes)
        ranking[query] += SHIFT["power"]
        with_peers = i // len(TRUE_GENES) < n_peers
        for variant, sets in {"listed": library, "unlisted": without(library, query)}.items():
            for method, run in METHODS.items():
                if with_peers or method in OURS:
                    table = run(query, ranking, sets, genes, model)
                    rows.append((name, variant, n, method, with_peers, rank_of(term, table, len(sets))))
        if n == TRUE_GENES[-1]:
            say(f"{name}: {i // len(TRUE_GENES) + 1} terms")
    return pd.DataFrame(rows, columns=["library", "terms", "true genes", "method", "with peers", "rank"])


def power_table(ranks: pd.DataFrame) -> pd.DataFrame:
    """Medians and fractions over the lists."""
    ranks = ranks.assign(reciprocal=1 / ranks["rank"], first=ranks["rank"] < 2, ten=ranks["rank"] < 11)
    groups = ranks.groupby(["library", "terms", "true genes", "method"], sort=False)
    names = {"lists": ("rank", "size"), "median rank": ("rank", "median"), "first": ("first", "mean")}
    return groups.agg(**names, **{"among 10": ("ten", "mean"), "mean 1/rank": ("reciprocal", "mean")}).reset_index()


def agreement(adata: ad.AnnData, library: GeneSets, groups: list[str]) -> pd.DataFrame:
    """Running sums of scgsfm and of other packages, on real rankings."""
    rows = []
    for group in groups:
        ranking = sc.get.rank_genes_groups_df(adata, group).set_index("names")["scores"]
        ranking = ranking[~ranking.index.duplicated()] + np.linspace(1e-9, 0, len(ranking))  # without ties
        same = {name: [gene for gene in library[name] if gene in ranking.index] for name in library}  # no aliases
        arguments = ([], ranking, {name: genes for name, genes in same.items() if genes}, None, None)
        tables, seconds = {}, {}
        for method in ("ranked", "gseapy prerank", "blitzGSEA"):
            start = time.perf_counter()
            tables[method] = METHODS[method](*arguments)
            seconds[method] = time.perf_counter() - start
        ours = tables["ranked"]
        for method in ("gseapy prerank", "blitzGSEA"):
            other = tables[method].reindex(ours.index)
            logs = [-np.log10(np.maximum(table["pvalue"], 1e-300)) for table in (ours, other)]
            significant = [table["pvalue"] < 0.01 for table in (ours, other)]
            both = (significant[0] & significant[1]).sum() / max((significant[0] | significant[1]).sum(), 1)
            largest = np.abs(ours["es"] - other["es"]).max()
            correlation = spearmanr(*logs, nan_policy="omit").statistic
            rows.append((group, method, len(ours), largest, correlation, both, seconds["ranked"], seconds[method]))
    columns = ["ranking", "beside", "terms", "largest difference of ES", "rank correlation of p", "shared of p < .01"]
    return pd.DataFrame(rows, columns=[*columns, "seconds", "its seconds"])


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--libraries", nargs="+", default=["kegg_2021_human", "reactome_2024"], help="for power")
    options.add_argument("--lists", type=int, default=12, help="random lists of each size and kind")
    options.add_argument("--terms", type=int, default=20, help="terms of each library for power")
    options.add_argument("--peers", type=int, default=3, help="of these for gseapy and blitzGSEA, in the first library")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", nargs="+", default=["calibration", "power", "agreement"], help="parts to run")
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    warnings.simplefilter("ignore")

    model = scgsfm.models.load(args.model)
    read = {name: scgsfm.GeneSets(data_file(args.data, f"genesets/bench/{name}.gmt.gz")) for name in args.libraries}
    adata = ad.read_h5ad(data_file(args.data, "scrna/pbmc3k_2638x32738.h5ad"))
    sc.pp.filter_genes(adata, min_cells=1)
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    if "calibration" in args.only:
        library = read[args.libraries[-1]]
        plain = Random(library, model, Background(library.genes))
        level = np.asarray(adata.X.mean(axis=0)).ravel()
        data = Random(library, model, Background(adata.var_names.to_numpy(dtype=object), level))
        draws = {
            "evenly": (plain, None),
            "by popularity": (plain, plain.popularity),
            "by annotation": (plain, plain.listed),
            "by expression": (data, np.log(data.background.level)),
        }
        found = calibration(draws, args.lists, args.seed)
        report("enrichment_calibration", calibration_table(found, args.lists), args.out)
        draw_calibration(found, args.out / "enrichment_calibration.png")
    if "power" in args.only:
        ranks = []
        for name, library in read.items():  # finished parts are stored
            ranks.append(power(name, library, model, args.terms, 0 if ranks else args.peers, args.seed))
            table = pd.concat(ranks)
            report("enrichment_power", power_table(table[table["method"].isin(OURS)]), args.out)
            report("enrichment_peers", power_table(table[table["with peers"]]), args.out)
    if "agreement" in args.only:
        adata.obs["cell_type"] = adata.obs["cell_type"].astype("category")
        sc.tl.rank_genes_groups(adata, "cell_type", method="t-test_overestim_var")
        groups = ["B", "CD14+ Mono", "NK"]
        report("enrichment_agreement", agreement(adata, read[args.libraries[0]], groups), args.out)


if __name__ == "__main__":
    main()
