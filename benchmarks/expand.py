"""Gain from completing marker sets: sizes, depths, methods, and number and weight of the added genes.

    python benchmarks/expand.py --model gsfm-base --corpus corpus

Marker sets that were not derived from the data score labeled cells; the AUROC of each type's set, its cells against
all others, is averaged over the types. Four data sets: pbmc3k and PBMC of three chemistries (embedded library
``pbmc_markers``), mouse pancreas and human gut (MSigDB C8, and ``pbmc_markers`` for the immune cells of the gut). Sets
are whole or cut to random genes, and counts are used as they are or thinned binomially. Sets are completed by the
model, by a truncated SVD of its training corpus, by genes co-expressed with the set in the cells themselves, or by
random genes. The added genes have equal weights, except in ``model, by probability``, where the same total is
distributed by the model's probabilities.

Main effects, not all combinations: sizes × depths × completions by AUCell; numbers × weights of the model's genes for
small and whole sets; methods for small and whole sets. ``difference`` is relative to the same sets, cells and counts
without completion; its interval has the 2.5 and 97.5 percentiles over cuts, thinning and cells (bootstrap within
types).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anndata as ad
import numba
import numpy as np
import pandas as pd
from _baselines import Score, corpus_matrix, singular_vectors, tempered_weights
from _common import data_file, parser, report, say
from dropout import thinned
from scipy.sparse import csr_array

import scgsfm
from scgsfm.completion import complete, gene_columns, known_genes
from scgsfm.models.gsfm.training._corpus import Corpus

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from scgsfm.models.gsfm import GSFM

BLOOD = {
    "Naive CD4 T": ("Naive CD4 T", "Naive CD4 T"),
    "Memory CD4 T": ("Memory CD4 T", "Memory CD4 T"),
    "CD8 T": ("CD8 T", "CD8 T"),
    "NK": ("NK", "NK"),
    "B": ("B", "B"),
    "CD14+ Mono": (r"CD14\+ Mono", "CD14+ Mono"),
    "FCGR3A+ Mono": (r"FCGR3A\+ Mono", "FCGR3A+ Mono"),
    "DC": ("DC", "DC"),
    "Platelet": ("Platelet", "Platelet"),
}
CHEMISTRIES = {
    "CD4 T": ("T_CD4", "Memory CD4 T"),
    "CD8 T": ("T_CD8", "CD8 T"),
    "NK": ("NK", "NK"),
    "B": ("B", "B"),
    "CD14+ Mono": ("Mono_CD14", "CD14+ Mono"),
    "FCGR3A+ Mono": ("Mono_CD16", "FCGR3A+ Mono"),
    "DC": ("DC", "DC"),
    "Megakaryocyte": ("MK", "Platelet"),
}
PANCREAS = {
    "alpha": ("alpha", "VANGURP_PANCREATIC_ALPHA_CELL"),
    "beta": ("beta", "VANGURP_PANCREATIC_BETA_CELL"),
    "delta": ("delta", "VANGURP_PANCREATIC_DELTA_CELL"),
    "gamma": ("gamma", "VANGURP_PANCREATIC_GAMMA_CELL"),
    "ductal": ("ductal", "DESCARTES_FETAL_PANCREAS_DUCTAL_CELLS"),
    "endothelial": ("endothelial", "DESCARTES_FETAL_PANCREAS_VASCULAR_ENDOTHELIAL_CELLS"),
    "stellate": (".*stellate", "DESCARTES_FETAL_PANCREAS_STROMAL_CELLS"),
    "macrophage": ("macrophage", "DESCARTES_FETAL_PANCREAS_MYELOID_CELLS"),
}
GUT = {
    "B": ("B cells.*", "B"),
    "Plasma": ("Plasma cells", "Plasma cell"),
    "CD8 T": ("T cells CD8.*", "CD8 T"),
    "Naive CD4 T": ("T cells Naive CD4", "Naive CD4 T"),
    "Regulatory T": ("Tregs", "Regulatory T"),
    "NK": ("NK cells.*", "NK"),
    "Monocyte": ("Monocytes.*", "CD14+ Mono"),
    "DC": ("DC.*|Mature DCs", "DC"),
    "Goblet": ("Goblet.*", "BUSSLINGER_DUODENAL_GOBLET_CELLS"),
    "Paneth": ("Paneth.*", "BUSSLINGER_DUODENAL_PANETH_CELLS"),
    "Tuft": ("Tuft.*", "BUSSLINGER_DUODENAL_TUFT_CELLS"),
    "Enterochromaffin": ("Enterochromaffin.*", "BUSSLINGER_DUODENAL_EC_CELLS"),
    "Enterocyte": ("Enterocytes TMIGD1.*", "BUSSLINGER_DUODENAL_MATURE_ENTEROCYTES"),
    "Stem": ("Stem cells.*", "GAO_LARGE_INTESTINE_24W_C5_LGR5POS_STEM_CELL"),
    "Cycling": (".*Cycling.*", "GAO_LARGE_INTESTINE_ADULT_CH_MKI67HIGH_CELLS"),
    "Glia": ("Glial.*", "DESCARTES_FETAL_INTESTINE_ENS_GLIA"),
    "Endothelial": ("Endothelial.*", "DESCARTES_FETAL_INTESTINE_VASCULAR_ENDOTHELIAL_CELLS"),
    "Lymphatic": ("Lymphatics", "DESCARTES_FETAL_INTESTINE_LYMPHATIC_ENDOTHELIAL_CELLS"),
    "Myofibroblast": ("Myofibroblasts.*", "DESCARTES_FETAL_INTESTINE_SMOOTH_MUSCLE_CELLS"),
    "Fibroblast": (".*[Ff]ibroblasts.*", "DESCARTES_FETAL_INTESTINE_STROMAL_CELLS"),
}
DATA = {
    "pbmc3k": ("pbmc3k_2638x32738", "cell_type", BLOOD),
    "PBMC, 3 chemistries": ("pbmc_symphony_1200x1767", "cell_type", CHEMISTRIES),
    "mouse pancreas": ("baron_mouse1_822x14878", "cell_type", PANCREAS),
    "gut": ("gut_scp1884_1020x18708", "Celltype", GUT),
}
"""File, column of the labels, and for each type the labels (a pattern) and the marker set."""

SIZES = (3, 5, 10, 20)
SMALL = 5
NUMBERS = (10, 50, 100, 200)
WEIGHTS = (1.0, 2.0, 3.0, 5.0, 10.0)
DEFAULT = (100, 2.0)
METHODS = ("aucell", "mean", "zscore", "ulm")


@dataclass(frozen=True)
class Queries:
    """Marker sets, whole and cut."""

    table: pd.DataFrame
    """``size``, ``cut``, ``cell_type``."""
    genes: list[list[str]]

    @classmethod
    def draw(cls, sets: dict[str, list[str]], n: int, rng: np.random.Generator) -> Queries:
        """Each set whole, and ``n`` times cut to each size, unless it is smaller."""
        rows, genes = [], []
        for cell_type, whole in sets.items():
            rows.append(("whole", 0, cell_type))
            genes.append(whole)
            for size in SIZES:
                for cut in range(n):
                    rows.append((f"{size} genes", cut, cell_type))
                    genes.append(list(rng.choice(whole, min(size, len(whole)), replace=False)))
        return cls(pd.DataFrame(rows, columns=["size", "cut", "cell_type"]), genes)

    def sets(self, rows: Iterable[int]) -> scgsfm.GeneSets:
        return scgsfm.GeneSets({str(row): self.genes[row] for row in rows})


def markers(adata: ad.AnnData, types: dict[str, tuple[str, str]]) -> dict[str, list[str]]:
    """The marker set of each type, limited to genes in the data."""
    libraries = [scgsfm.datasets.library(name) for name in ("pbmc_markers", "cell_types")]
    sets = {name: next(library[of] for library in libraries if of in library) for name, (_, of) in types.items()}
    found = scgsfm.GeneSets(sets).membership(adata.var_names)
    names = adata.var_names.to_numpy()
    return {
        name: list(names[found.indices[a:b]])
        for name, a, b in zip(sets, found.indptr[:-1], found.indptr[1:], strict=True)
    }


def weighted(
    own: scgsfm.GeneSets,
    scores: np.ndarray,
    names: np.ndarray,
    n_genes: int,
    weight: float,
    odds: np.ndarray | None = None,
) -> pd.DataFrame:
    """Sets with the ``n_genes`` genes of highest score added, with the total weight of ``weight`` genes of the set.

    Their weights are equal, or proportional to ``odds``. As in the package, no added gene has a higher weight than a
    gene of the set; genes with score -inf are not added.
    """
    parts = [own.to_frame()]
    for i, (name, row) in enumerate(zip(own, scores, strict=True)):
        best = np.argpartition(row, -n_genes)[-n_genes:]
        best = best[np.isfinite(row[best])]
        part = np.ones(len(best)) if odds is None else odds[i, best]
        share = np.minimum(1.0, weight * part / max(part.sum(), np.finfo(float).tiny))
        parts.append(pd.DataFrame({"source": name, "target": names[best], "weight": share}))
    return pd.concat(parts, ignore_index=True)


def coexpression(adata: ad.AnnData, members: csr_array) -> np.ndarray:
    """Correlation of each gene with the mean standardized expression of each set's genes (sets × genes)."""
    x = csr_array(adata.X, dtype=np.float64)
    n = x.shape[0]
    mean = x.mean(axis=0)
    std = np.sqrt(np.maximum((x * x).mean(axis=0) - mean**2, 0))
    seen = np.diff(x.tocsc().indptr) >= 10  # correlations of genes in fewer cells are unreliable
    unit = np.where(std > 0, 1 / np.where(std > 0, std, 1), 0)
    loads = (members > 0).multiply(unit).T.tocsr()
    profile = x @ loads  # its mean over cells does not matter, as genes are centered below
    profile = profile.toarray() - profile.mean(axis=0)
    covariance = (x.T @ profile).T / n
    out = covariance * unit
    out[:, ~seen] = -np.inf
    return out


class Completions:
    """The ways to complete sets with genes of a data set."""

    def __init__(self, adata: ad.AnnData, model: GSFM, svd: Score | None, seed: int) -> None:
        self.model, self.svd = model, svd
        self.data = adata.var_names.to_numpy()
        self.vocabulary = np.asarray(model.genes, dtype=object)
        self.place = gene_columns(self.vocabulary, self.data)
        self.place[:2] = -1
        self.rng = np.random.default_rng(seed)

    def by_model(self, sets: scgsfm.GeneSets, n_genes: int, weight: float) -> pd.DataFrame:
        return complete(sets, self.model, n_genes=n_genes, weight=weight, genes=self.data).to_frame()

    def others(self, sets: scgsfm.GeneSets, thin: ad.AnnData, n_genes: int, weight: float) -> dict[str, pd.DataFrame]:
        """Completions other than the model's, from the same genes: those in the data and in the vocabulary."""
        own = known_genes(sets, self.model)
        members = sets.membership(self.data)
        corrected = self.model.logits(own) - self.model.popularity
        ways = {"model, by probability": corrected}
        if self.svd is not None:
            ways["SVD of the corpus"] = self.svd(own)
        here = np.where(self.place >= 0, self.place, 0)
        ways["co-expression in the data"] = coexpression(thin, members)[:, here]
        ways["random genes"] = self.rng.random(own.shape)
        taken = (own.toarray() > 0) | (members[:, here].toarray() > 0) | (self.place < 0)
        names = self.data[here]
        odds = {"model, by probability": self.model.probabilities(corrected)}
        return {
            way: weighted(sets, np.where(taken, -np.inf, scores), names, n_genes, weight, odds.get(way))
            for way, scores in ways.items()
        }


def svd_score(corpus: Corpus, model: GSFM, rank: int, seed: int) -> Score:
    sets = corpus_matrix(corpus, model.genes)
    vectors, values = singular_vectors(sets, tempered_weights(corpus.group), rank=rank, seed=seed)
    return lambda queries: (queries @ (values[:, None] * vectors).T) @ vectors


@numba.njit(cache=True)
def boot_aurocs(scores: np.ndarray, positive: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted AUROC for each row of ``weights`` (draws × cells); ties count half."""
    order = np.argsort(scores)
    out = np.empty(len(weights))
    for draw in range(len(weights)):
        w = weights[draw]
        below, tied_negative, tied_positive, area, total = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(len(order)):
            cell = order[i]
            if i > 0 and scores[cell] != scores[order[i - 1]]:
                area += tied_positive * (below + tied_negative / 2)
                below += tied_negative
                tied_negative, tied_positive = 0.0, 0.0
            if positive[cell]:
                tied_positive += w[cell]
                total += w[cell]
            else:
                tied_negative += w[cell]
        area += tied_positive * (below + tied_negative / 2)
        below += tied_negative
        out[draw] = area / (total * below)
    return out


def resampled(label: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """How often each cell is drawn: first each once, then ``n`` bootstraps within each label."""
    weights = np.zeros((n + 1, len(label)))
    weights[0] = 1
    for one in np.unique(label):
        cells = np.flatnonzero(label == one)
        weights[1:, cells] = rng.multinomial(len(cells), np.full(len(cells), 1 / len(cells)), size=n)
    return weights


def plan(queries: Queries, completions: Completions, thin: ad.AnnData) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All sets to score (``source``, ``target``, ``weight``), and a table that describes each set by its number."""
    frames, rows = [], []

    def add(frame: pd.DataFrame, **what: object) -> None:
        found = frame["source"].unique()
        number = {query: str(len(rows) + n) for n, query in enumerate(found)}
        frames.append(frame.assign(source=frame["source"].map(number)))
        rows.extend({"query": int(query), **what} for query in found)

    everything = queries.sets(range(len(queries.genes)))
    n, w = DEFAULT
    add(everything.to_frame(), completion="none", n_genes=0, added_weight=0.0)
    add(completions.by_model(everything, n, w), completion="model", n_genes=n, added_weight=w)
    for way, frame in completions.others(everything, thin, n, w).items():
        add(frame, completion=way, n_genes=n, added_weight=w)
    small = queries.sets(np.flatnonzero(queries.table["size"].isin(["whole", f"{SMALL} genes"])))
    for number in NUMBERS:
        for share in WEIGHTS:
            if (number, share) != DEFAULT:
                frame = completions.by_model(small, number, share)
                add(frame, completion="model", n_genes=number, added_weight=share)
    return pd.concat(frames, ignore_index=True), pd.DataFrame(rows)


def measure(
    thin: ad.AnnData, label: np.ndarray, queries: Queries, completions: Completions, weights: np.ndarray
) -> pd.DataFrame:
    """One row per set and method: its description, and its AUROC for each draw of cells (``auroc``: an array)."""
    frame, what = plan(queries, completions, thin)
    what = what.join(queries.table, on="query")
    scgsfm.tl.score(thin, frame, method="aucell")
    scores = {"aucell": (thin.obsm["score_aucell"], what.index)}
    chosen = (what["n_genes"].isin([0, DEFAULT[0]]) & what["added_weight"].isin([0, DEFAULT[1]])).to_numpy()
    chosen &= what["completion"].isin(["none", "model"]) & what["size"].isin(["whole", f"{SMALL} genes"])
    few = what.index[chosen]
    scgsfm.tl.score(thin, frame[frame["source"].isin(few.astype(str))], method=METHODS[1:])
    scores |= {method: (thin.obsm[f"score_{method}"], few) for method in METHODS[1:]}
    rows = []
    for method, (table, which) in scores.items():
        for i in which:
            positive = label == what.at[i, "cell_type"]
            auroc = boot_aurocs(table[str(i)].to_numpy(), positive, weights)
            rows.append(what.loc[i].to_dict() | {"method": method, "auroc": auroc})
    return pd.DataFrame(rows)


CONDITION = ["data", "counts", "method", "completion", "size", "n_genes", "added_weight"]


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Macro-AUROC of each condition and of the same sets without completion, and their difference with its interval."""
    # over the types, for each draw: the arrays have one column per draw of cells
    macro = runs.groupby([*CONDITION, "thinning", "cut"], sort=False)["auroc"].agg(
        lambda a: np.mean(np.stack(a), axis=0)
    )
    macro = macro.reset_index()
    same = ["data", "counts", "method", "size", "thinning", "cut"]
    plain = macro[macro["completion"] == "none"].set_index(same)["auroc"]
    macro["plain"] = plain.reindex(pd.MultiIndex.from_frame(macro[same])).to_numpy()
    rows = []
    for condition, group in macro[macro["completion"] != "none"].groupby(CONDITION, sort=False):
        auroc, before = np.stack(group["auroc"]), np.stack(group["plain"])
        low, high = np.quantile((auroc - before)[:, 1:], [0.025, 0.975])
        means = before[:, 0].mean(), auroc[:, 0].mean()
        rows.append((*condition, *means, means[1] - means[0], low, high, len(group)))
    return pd.DataFrame(rows, columns=[*CONDITION, "plain", "auroc", "difference", "low", "high", "draws"])


def run(args: argparse.Namespace, model: GSFM, svd: Score | None) -> pd.DataFrame:
    """All data sets and depths."""
    runs = []
    for name in args.sets:
        file, column, types = DATA[name]
        adata = ad.read_h5ad(data_file(args.data, f"scrna/{file}.h5ad"))
        names = {kind: pattern for kind, (pattern, _) in types.items()}
        label = np.array([_type(str(x), names) for x in adata.obs[column]])
        rng = np.random.default_rng(args.seed)
        weights = resampled(label, args.bootstraps, rng)
        queries = Queries.draw(markers(adata, types), args.cuts, rng)
        completions = Completions(adata, model, svd, args.seed)
        counts = (adata.X.data == np.round(adata.X.data)).all()
        for share in args.shares if counts else [1.0]:
            for thinning in range(args.thinnings if share < 1 else 1):
                drawn = np.random.default_rng([args.seed, 1, thinning])
                thin = thinned(adata, share, drawn) if counts else adata.copy()
                found = measure(thin, label, queries, completions, weights)
                runs.append(found.assign(data=name, counts=f"{share:.0%}", thinning=thinning))
                say(f"{name}, {share:.0%} of the counts, draw {thinning + 1}: done")
    return summary(pd.concat(runs, ignore_index=True))


def _type(label: str, patterns: dict[str, str]) -> str:
    return next((kind for kind, pattern in patterns.items() if re.fullmatch(pattern, label)), "other")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--corpus", type=Path, help="directory of the training corpus, for its SVD")
    options.add_argument("--sets", nargs="+", choices=DATA, default=list(DATA), help="data sets")
    options.add_argument(
        "--shares", nargs="+", type=float, default=[1.0, 0.1, 0.03], help="fraction of the counts to keep"
    )
    options.add_argument("--thinnings", type=int, default=1, help="draws of the counts")
    options.add_argument("--cuts", type=int, default=4, help="draws of genes")
    options.add_argument("--bootstraps", type=int, default=40, help="draws of cells")
    options.add_argument("--rank", type=int, default=128, help="rank of the truncated SVD")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0

    model = scgsfm.models.load(args.model)
    svd = svd_score(Corpus.open(args.corpus), model, args.rank, args.seed) if args.corpus else None
    table = run(args, model, svd)
    default = (table["n_genes"] == DEFAULT[0]) & (table["added_weight"] == DEFAULT[1])
    aucell, model_only = table["method"] == "aucell", table["completion"] == "model"
    few = table["size"].isin(["whole", f"{SMALL} genes"])
    choice = ["n_genes", "added_weight"]
    report("expand", table[default & aucell].drop(columns=["method", *choice]), args.out)
    report("expand_choice", table[model_only & few & aucell].drop(columns=["method", "completion"]), args.out)
    report("expand_methods", table[model_only & few & default].drop(columns=["completion", *choice]), args.out)


if __name__ == "__main__":
    main()
