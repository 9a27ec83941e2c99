"""Comparisons of scores between conditions: false positives, power, two data sets with a treatment, and time.

    python benchmarks/compare.py

False positives: the cells of pbmc3k are split at random into donors of unequal sizes. Each donor changes the expression of
the cells: the genes of each Hallmark set, 20 programs of random genes, and each gene by itself are multiplied by log-normal
factors, by which counts are thinned or increased. There is no difference between conditions: they are drawn for each data set ("split"), and their labels
are permuted among its donors ("permuted"). The table shows, over data sets, cell types and Hallmark sets, the
fraction of p-values below 0.05 and 0.01 and the Kolmogorov-Smirnov distance from uniform. p-values of one data set depend on
each other, so that the p-value of the Kolmogorov-Smirnov test is of one set and cell type of each data set, drawn at random.

Power: the genes of one set are increased in all cells of one condition. The fraction of cell types in which its p-value is
below 0.05.

Treatments: interferon beta on blood cells (two donors) and panobinostat on glioblastoma (five patients), Hallmark sets.

Prior: normal scores of 50 sets in 4, 6 or 12 samples without a difference, alone or with factors that sets share. Rates with
the degrees of freedom of limma, which counts each set, and of scgsfm, which counts them as their effective number.

Time: 100,000 cells, 500 sets and 10 cell types, given the scores.
"""

from __future__ import annotations

import multiprocessing
import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from scipy import sparse, stats

import scgsfm
from scgsfm import comparison

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TYPES = ("Naive CD4 T", "Memory CD4 T", "CD14+ Mono", "B")
N_PROGRAMS, PROGRAM_SHARE = 20, 0.1
SET_SD, PROGRAM_SD, GENE_SD = 0.2, 0.15, 0.15
"""Standard deviations of the logarithms of the factors."""
ENGINES = {
    "pseudobulk": {},
    "pseudobulk, equal weights": {"weighted": False},
    "pseudobulk, summed counts": {"aggregate": "counts"},
    "mixed": {"engine": "mixed"},
}
SHIFTS = (0.0, 0.1, 0.2, 0.4)
SHIFTED = "HALLMARK_OXIDATIVE_PHOSPHORYLATION"


class Donors:
    """Data sets of pbmc3k in which cells belong to simulated donors."""

    def __init__(self, cells: ad.AnnData, library: Any, n: int, rng: np.random.Generator) -> None:
        self.cells, self.n, self.rng = cells, n, rng
        shares = rng.dirichlet(np.full(n, 8.0))
        self.donor = rng.choice(n, cells.n_obs, p=shares)
        programs = rng.random((N_PROGRAMS, cells.n_vars)) < PROGRAM_SHARE
        level = rng.normal(0, PROGRAM_SD, (n, N_PROGRAMS)) @ programs
        level += rng.normal(0, SET_SD, (n, len(library))) @ library.membership(cells.var_names).toarray()
        self.level = level + rng.normal(0, GENE_SD, (n, cells.n_vars))

    def data(self, labels: np.ndarray, genes: np.ndarray | None = None, shift: float = 0.0) -> ad.AnnData:
        """The cells with changed counts; ``genes`` are shifted in donors with the label 1, in natural logarithms."""
        level = self.level.copy()
        if genes is not None:
            level[np.ix_(labels == 1, genes)] += shift
        counts = sparse.csr_matrix(self.cells.X)
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        factor = np.exp(level[self.donor[rows], counts.indices])
        values = counts.data.astype(int)
        changed = np.where(
            factor < 1,
            self.rng.binomial(values, np.minimum(factor, 1)),
            values + self.rng.poisson(values * np.maximum(factor - 1, 0)),
        )
        new = sparse.csr_matrix((changed.astype(np.float32), counts.indices, counts.indptr), counts.shape)
        new.eliminate_zeros()
        obs = self.cells.obs[["cell_type"]].copy()
        obs["donor"] = [f"donor {i}" for i in self.donor]
        adata = ad.AnnData(new, obs=obs, var=self.cells.var)
        adata.obs["condition"] = self.conditions(labels)
        return adata

    def conditions(self, labels: np.ndarray) -> np.ndarray:
        """Condition of each cell."""
        return np.array(["control", "treated"])[labels[self.donor]]


def labels_of(n: int, rng: np.random.Generator) -> np.ndarray:
    """Half of the donors are treated."""
    return rng.permutation(np.repeat([0, 1], n // 2))


def pvalues(adata: ad.AnnData, library: Any, engine: str) -> pd.Series:
    """p-values by cell type and set."""
    options = ENGINES[engine]
    sets = library if "aggregate" in options else "score_aucell"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scgsfm.tl.compare(adata, sets, condition="condition", sample="donor", groupby="cell_type", **options)
    table = adata.uns["compare"]
    return table.set_index(["cell_type", "set"])["pvalue"].dropna()


def of_cells(adata: ad.AnnData, test: str) -> pd.Series:
    """p-values of tests that take cells for replicates."""
    scores = scgsfm.get.scores(adata)
    parts = {}
    for cell_type in TYPES:
        member = (adata.obs["cell_type"] == cell_type).to_numpy()
        treated = (adata.obs["condition"] == "treated").to_numpy()
        a, b = scores[member & treated].to_numpy(), scores[member & ~treated].to_numpy()
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = stats.ttest_ind(a, b, equal_var=False) if test == "t" else stats.mannwhitneyu(a, b)
        parts[cell_type] = pd.Series(np.asarray(found.pvalue), scores.columns)
    return pd.concat(parts).dropna()


def of_mixed(adata: ad.AnnData, rng: np.random.Generator, n_sets: int = 6) -> pd.Series:
    """p-values of mixed models of a few sets, drawn at random."""
    few = adata.copy()
    scores = few.obsm["score_aucell"]
    few.obsm["score_few"] = scores[scores.columns[rng.choice(scores.shape[1], n_sets, replace=False)]]
    design = {"condition": "condition", "sample": "donor", "groupby": "cell_type"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scgsfm.tl.compare(few, "score_few", **design, engine="mixed")
    return few.uns["compare"].set_index(["cell_type", "set"])["pvalue"].dropna()


METHODS = {**dict.fromkeys(ENGINES), "t-test of cells": "t", "Wilcoxon test of cells": "wilcoxon"}


def run(adata: ad.AnnData, library: Any, methods: list[str]) -> Iterator[tuple[str, pd.Series]]:
    """p-values of several methods on one data set."""
    for method in methods:
        test = METHODS[method]
        yield method, pvalues(adata, library, method) if test is None else of_cells(adata, test)


def scored(adata: ad.AnnData, library: Any) -> ad.AnnData:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scgsfm.tl.score(adata, library)
    return adata


Found = list[tuple[tuple[str, int, str], pd.Series]]


def one_data_set(task: tuple[int, int], cells: ad.AnnData, library: Any, n_mixed: int) -> tuple[Found, list[float]]:
    """p-values of all methods on new donors, and after a permutation of their labels; and one of each, drawn at random."""
    n, i = task
    rng = np.random.default_rng([n, i])
    donors = Donors(cells, library, n, rng)
    adata = scored(donors.data(labels_of(n, rng)), library)
    fast = [name for name in METHODS if name != "mixed"]
    found = [(("split", n, method), values) for method, values in run(adata, library, fast)]
    if i < n_mixed:
        found.append((("split", n, "mixed"), of_mixed(adata, rng)))
    adata.obs["condition"] = donors.conditions(labels_of(n, rng))
    given = [method for method in fast if "counts" not in method]
    found += [(("permuted", n, method), values) for method, values in run(adata, library, given)]
    # none if fewer than three donors of each condition have enough cells, in all cell types
    found = [(key, values) for key, values in found if len(values)]
    say(f"{n} donors, data set {i + 1}")
    return found, [float(values.iloc[rng.integers(len(values))]) for _, values in found]


def false_positives(cells: ad.AnnData, library: Any, args: Any) -> pd.DataFrame:
    """Rates on data without a difference."""
    found: dict[tuple, list[np.ndarray]] = {}
    one: dict[tuple, list[float]] = {}
    tasks = [(n, i) for i in range(args.repeats) for n in (6, 12)]
    work = partial(one_data_set, cells=cells, library=library, n_mixed=args.mixed)
    with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
        for parts, drawn in pool.imap(work, tasks):
            for (key, values), p in zip(parts, drawn, strict=True):
                found.setdefault(key, []).append(values.to_numpy())
                one.setdefault(key, []).append(p)
    return rates(found, one)


def rates(found: dict[tuple, list[np.ndarray]], one: dict[tuple, list[float]]) -> pd.DataFrame:
    """Fractions of low p-values, and the distance from uniform; ``one`` has one p-value of each data set."""
    rows = []
    for (labels, n, method), parts in sorted(found.items(), key=lambda item: (item[0][0] != "split", item[0][1])):
        values = np.concatenate(parts)
        shares = [(values < level).mean() for level in (0.05, 0.01)]
        distance = stats.kstest(values, "uniform").statistic
        test = stats.kstest(one[labels, n, method], "uniform").pvalue
        rows.append((labels, f"{n // 2} + {n // 2}", method, len(parts), *shares, distance, test))
    columns = [
        "labels",
        "donors",
        "method",
        "data sets",
        "p < 0.05",
        "p < 0.01",
        "KS distance",
        "KS p, one per data set",
    ]
    return pd.DataFrame(rows, columns=columns)


def one_shift(task: tuple[int, int, float], cells: ad.AnnData, library: Any) -> dict[str, float]:
    """Fraction of cell types in which each engine finds a set that is shifted."""
    n, i, shift = task
    rng = np.random.default_rng([n, i, 7])
    donors, labels = Donors(cells, library, n, rng), labels_of(n, rng)
    genes = np.flatnonzero(cells.var_names.isin(library[SHIFTED]))
    adata = scored(donors.data(labels, genes, shift), library)
    found = run(adata, library, [method for method in ENGINES if method != "mixed"])
    say(f"power, {n} donors, data set {i + 1}, shift {shift}")
    return {
        method: float((values[values.index.get_level_values(1) == SHIFTED] < 0.05).mean()) for method, values in found
    }


def power(cells: ad.AnnData, library: Any, args: Any) -> pd.DataFrame:
    """Fraction of cell types in which a shifted set is found."""
    tasks = [(n, i, shift) for n in (6, 12) for shift in SHIFTS for i in range(args.repeats)]
    with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
        found = pool.map(partial(one_shift, cells=cells, library=library), tasks, chunksize=1)
    rows = [
        (f"{n // 2} + {n // 2}", float(np.exp(shift)), method, share)
        for (n, _, shift), shares in zip(tasks, found, strict=True)
        for method, share in shares.items()
    ]
    columns = ["donors", "fold change of the genes", "method"]
    table = pd.DataFrame(rows, columns=[*columns, "p < 0.05"])
    return (
        table.groupby(columns, sort=False)["p < 0.05"]
        .agg(["size", "mean"])
        .set_axis(["data sets", "p < 0.05"], axis=1)
        .reset_index()
    )


def treatments(data: Path | None) -> pd.DataFrame:
    """Top sets of the two data sets."""
    kang = ad.read_h5ad(data_file(data, "scrna/kang_ifnb_subset_1556x1267.h5ad"))
    kang.obs["donor"] = kang.obs["sample_id"].astype(str).str[-3:]
    glioma = ad.read_h5ad(data_file(data, "scrna/glioblastoma_panobinostat_5000x300.h5ad"))
    kang_design = {"condition": "group_id", "groupby": "cluster_id", "min_samples": 2}
    cases = [
        ("interferon, 2 pairs", kang, kang_design, "donor", None),
        ("interferon, 2 + 2", kang, kang_design, None, None),
        ("interferon, 2 + 2, summed counts", kang, kang_design, None, "counts"),
        ("panobinostat, 5 pairs", glioma, {"condition": "condition"}, "patient_id", None),
        ("panobinostat, 5 + 5", glioma, {"condition": "condition"}, None, None),
    ]
    rows = []
    for name, adata, options, donor, counts in cases:
        adata.obs_names_make_unique()
        extra = {"aggregate": "counts", "method": "zscore"} if counts else {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sample = {"sample": donor or "sample_id", "paired": donor}
            scgsfm.tl.compare(adata, "hallmark", min_genes=5, **options, **sample, **extra)
        table = adata.uns["compare"]
        for cell_type, part in table.groupby("cell_type", sort=False):
            by_size = part.assign(size=part["standardized_effect"].abs()).sort_values("size", ascending=False)
            sets = [set_name.removeprefix("HALLMARK_").replace("_", " ").lower() for set_name in by_size["set"]]
            places = [i + 1 for i, set_name in enumerate(sets) if set_name.startswith("interferon")]
            by_p = part["set"].tolist()
            tops = [i + 1 for i, set_name in enumerate(by_p) if "INTERFERON" in set_name]
            lowest = ", ".join(name.removeprefix("HALLMARK_").replace("_", " ").lower() for name in by_p[:2])
            significant = f"{int((part['padj'] < 0.05).sum())} of {len(part)}"
            rows.append((name, cell_type, ", ".join(sets[:2]), lowest, _listed(places), _listed(tops), significant))
    columns = ["data", "cell type", "largest effects", "lowest p", "interferon by effect", "interferon by p"]
    return pd.DataFrame(rows, columns=[*columns, "padj < 0.05"])


def _listed(places: list[int]) -> str:
    return " and ".join(map(str, places)) or "–"


def prior(n_sets: int = 50, repeats: int = 1500) -> pd.DataFrame:
    """False positives with sets that go together."""
    rng, rows = np.random.default_rng(0), []
    for n in (4, 6, 12):
        design = np.column_stack([np.ones(n), np.repeat([0, 1], n // 2)])
        for n_factors, load in ((0, 0.0), (5, 0.5), (3, 1.0), (2, 3.0)):
            found: dict[str, list[list[float]]] = {"limma": [], "scgsfm": []}
            for _ in range(repeats):
                loads = load * rng.normal(size=(n_factors, n_sets))
                values = rng.normal(size=(n, n_factors)) @ loads + rng.normal(size=(n, n_sets))
                fit = comparison.fit_linear_model(design, values)
                t = np.abs(fit.coefficients[:, 1] / fit.standard_error(1))
                for name, df in (("limma", min(fit.df + fit.prior.df, fit.df * n_sets)), ("scgsfm", fit.df_total)):
                    p = 2 * stats.t.sf(t, df)
                    found[name].append([(p < level).mean() for level in (0.05, 0.01, 0.001)])
            share = n_factors * load**2 / (1 + n_factors * load**2)
            for name, rates in found.items():
                rows.append((f"{n // 2} + {n // 2}", f"{share:.0%}".replace("%", " %"), name, *np.mean(rates, axis=0)))
    columns = ["samples", "variance that sets share", "degrees of freedom", "p < 0.05", "p < 0.01", "p < 0.001"]
    return pd.DataFrame(rows, columns=columns)


def speed(n_cells: int = 100_000, n_sets: int = 500, n_types: int = 10, n_samples: int = 20) -> pd.DataFrame:
    """Seconds of a comparison of given scores."""
    rng = np.random.default_rng(0)
    sample = rng.integers(n_samples, size=n_cells)
    obs = pd.DataFrame(
        {"sample": [f"s{i}" for i in sample], "type": [f"t{i}" for i in rng.integers(n_types, size=n_cells)]}
    )
    obs["condition"] = np.where(sample < n_samples // 2, "a", "b")
    obs.index = obs.index.astype(str)
    adata = ad.AnnData(sparse.csr_matrix((n_cells, 1), dtype=np.float32), obs=obs)
    names = [f"set {i}" for i in range(n_sets)]
    adata.obsm["score"] = pd.DataFrame(rng.normal(size=(n_cells, n_sets)), obs.index, names)
    rows = []
    for _ in range(3):
        start, cpu = time.perf_counter(), time.process_time()
        scgsfm.tl.compare(adata, "score", condition="condition", sample="sample", groupby="type")
        rows.append((time.perf_counter() - start, time.process_time() - cpu))
    columns = ["cells", "sets", "cell types", "samples", "seconds", "CPU seconds"]
    return pd.DataFrame([(n_cells, n_sets, n_types, n_samples, *np.median(rows, axis=0))], columns=columns)


def main() -> None:
    made = parser(__doc__)
    made.add_argument("--repeats", type=int, default=30, help="data sets for each number of donors")
    made.add_argument("--mixed", type=int, default=6, help="data sets on which mixed models are fitted")
    made.add_argument("--jobs", type=int, default=2, help="data sets at a time")
    parts = {"prior", "speed", "treatments", "false_positives", "power"}
    made.add_argument("--only", choices=sorted(parts), nargs="+", default=sorted(parts), help="parts to run")
    args = made.parse_args()
    scgsfm.settings.verbosity = 0
    if "speed" in args.only:
        report("compare_speed", speed(), args.out)
    if "prior" in args.only:
        report("compare_prior", prior(), args.out)
    if "treatments" in args.only:
        report("compare_treatments", treatments(args.data), args.out)
    if {"false_positives", "power"} & set(args.only):
        cells = ad.read_h5ad(data_file(args.data, "scrna/pbmc3k_2638x32738.h5ad"))
        cells = cells[cells.obs["cell_type"].isin(TYPES)].copy()
        cells = cells[:, np.asarray((cells.X > 0).sum(axis=0)).ravel() >= 10].copy()
        library = scgsfm.datasets.library("hallmark")
        if "false_positives" in args.only:
            report("compare_false_positives", false_positives(cells, library, args), args.out)
        if "power" in args.only:
            report("compare_power", power(cells, library, args), args.out)


if __name__ == "__main__":
    main()
