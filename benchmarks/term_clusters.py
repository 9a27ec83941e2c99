"""Clusters of enriched terms by the model's set vectors, compared with those by overlap and with binary cut.

    python benchmarks/term_clusters.py

GO terms are tested in three real rankings: the cell types of PBMC 3k and of the mouse pancreas, each against the other cells,
and interferon-stimulated against control cells in each type of blood cells. The most significant terms are clustered by
``tl.cluster_terms`` with each measure, with its default and with the number of clusters of the model, and by binary cut as in
simplifyEnrichment (Gu and Hübschmann 2023), on the Jaccard index and on the model's similarity.

coherence: share of the pairs of significant terms in one cluster whose scores have the same sign, mean over the groups;
gain: the same minus that of clusters of the same sizes with shuffled terms; silhouettes: by the similarity that was clustered
and by the profiles of scores over the groups (1 - correlation), of terms in clusters of two or more.

The second table: random halves of 400 Reactome pathways share no gene. How often is the other half the most similar of all
other halves, and what does the similarity of other pathways exceed in one of a hundred pairs? The third table has the time of
the steps for 300 terms.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from _common import data_file, parser, report, say
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

import scgsfm
from scgsfm.enrichment import MIN_SIMILARITY, cluster_by_similarity, term_similarity
from scgsfm.models import as_model

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from typing import Any

DATA = {"PBMC 3k": "pbmc3k_2638x32738", "mouse pancreas": "baron_mouse1_822x14878"}
N_TYPES, N_TERMS, N_SHUFFLED = 8, 300, 50
CUTOFF, MIN_SPLIT, SHARE = 0.85, 5, 0.2
"""Score above which binary cut splits a cluster, size below which it does not, and the share of the terms that a part must have
for its score to count for the whole."""


def rankings(args: argparse.Namespace) -> Iterator[tuple[str, pd.DataFrame]]:
    """Enriched terms of each data set."""
    options = {"library": args.library, "mode": "ranked", "max_genes": 300}
    for name, file in DATA.items():
        adata = ad.read_h5ad(data_file(args.data, f"scrna/{file}.h5ad"))
        largest = adata.obs["cell_type"].astype(str).value_counts().index[:N_TYPES]
        adata = adata[adata.obs["cell_type"].isin(largest)].copy()
        scgsfm.tl.enrich(adata, groupby="cell_type", **options)
        yield name, adata.uns["enrich"]
    adata = ad.read_h5ad(data_file(args.data, "scrna/kang_ifnb_subset_1556x1267.h5ad"))
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    ranked = {}
    for cell_type in adata.obs["cluster_id"].astype(str).unique():
        part = adata[adata.obs["cluster_id"] == cell_type].copy()
        part.obs["group_id"] = part.obs["group_id"].astype(str).astype("category")
        sc.tl.rank_genes_groups(part, "group_id", groups=["stim"], reference="ctrl")
        table = sc.get.rank_genes_groups_df(part, "stim")
        ranked[cell_type] = table.set_index("names")["scores"]
    yield "interferon", scgsfm.tl.enrich(ranked, **options)


def best_terms(table: pd.DataFrame, n: int) -> list[str]:
    """The terms with the lowest adjusted p-values in a group, of those that are significant."""
    lowest = table[table["padj"] < 0.05].groupby("term")["padj"].min()
    strongest = table.groupby("term")["score"].agg(lambda x: x.abs().max())
    order = pd.DataFrame({"padj": lowest, "score": -strongest[lowest.index]}).sort_values(
        ["padj", "score"], kind="stable"
    )
    return order.index[:n].tolist()


def binary_cut(similarity: np.ndarray, seed: int) -> np.ndarray:
    """Clusters by recursive partition into two, whose parts are kept if the similarity within exceeds that between."""
    labels, todo, n = np.zeros(len(similarity), dtype=int), [_tree(similarity, np.arange(len(similarity)), seed)], 0
    while todo:
        node = todo.pop()
        if node.score >= CUTOFF:
            todo += node.parts
        else:
            n += 1
            labels[node.members] = n
    return labels


class Node(NamedTuple):
    """Terms, the score of their partition or, if it is higher, of a partition of a large part, and the parts."""

    members: np.ndarray
    score: float
    parts: list[Node]


def _tree(similarity: np.ndarray, members: np.ndarray, seed: int) -> Node:
    block = similarity[np.ix_(members, members)]
    if len(members) < MIN_SPLIT:
        return Node(members, 0.0, [])
    side = KMeans(2, n_init=5, random_state=seed).fit_predict(block)
    if len(np.unique(side)) < 2:
        return Node(members, 0.0, [])
    own = [np.flatnonzero(side == part) for part in (0, 1)]
    within = sum(_median(block[np.ix_(part, part)]) for part in own)
    between = max(float(np.median(block[np.ix_(*own)])), 0)
    score = within / (within + 2 * between) if within > 0 else 1.0
    parts = [_tree(similarity, members[part], seed) for part in own]
    below = [part.score for part in parts if len(part.members) >= SHARE * len(members)]
    return Node(members, max([score, *below]), parts)


def _median(block: np.ndarray) -> float:
    """Median similarity of different terms; 1 for a single term."""
    return max(float(np.median(block[np.triu_indices(len(block), 1)])), 0) if len(block) > 1 else 1.0


def coherence(labels: np.ndarray, score: np.ndarray, significant: np.ndarray) -> float:
    """Share of pairs in one cluster whose significant scores have the same sign, mean over the groups with such pairs."""
    shares = []
    for group in range(score.shape[1]):
        used = significant[:, group]
        sign, own = np.sign(score[used, group]), labels[used]
        pairs = np.triu(own[:, None] == own, 1)
        if pairs.any():
            shares.append((sign[:, None] == sign)[pairs].mean())
    return float(np.mean(shares)) if shares else np.nan


def silhouette(labels: np.ndarray, distance: np.ndarray) -> float:
    """Mean silhouette of terms that share their cluster."""
    sizes = pd.Series(labels).map(pd.Series(labels).value_counts()).to_numpy()
    kept = sizes > 1
    if len(np.unique(labels[kept])) < 2:
        return np.nan
    block = distance[np.ix_(kept, kept)].clip(0)
    np.fill_diagonal(block, 0)
    return float(silhouette_score(block, labels[kept], metric="precomputed"))


def measure(labels: np.ndarray, similarity: np.ndarray, score: np.ndarray, significant: np.ndarray, seed: int) -> dict:
    rng = np.random.default_rng(seed)
    found = coherence(labels, score, significant)
    shuffled = [coherence(rng.permutation(labels), score, significant) for _ in range(N_SHUFFLED)]
    sizes = pd.Series(labels).value_counts()
    profile = np.corrcoef(np.nan_to_num(score))
    return {
        "n_clusters": len(sizes),
        "alone": float((sizes == 1).sum() / len(labels)),
        "coherence": found,
        "gain": found - np.nanmean(shuffled),
        "silhouette": silhouette(labels, 1 - similarity),
        "silhouette_scores": silhouette(labels, 1 - np.nan_to_num(profile)),
    }


def clusterings(similarity: dict[str, np.ndarray], terms: list[str], args: argparse.Namespace) -> Iterator[tuple]:
    """Name, similarity and labels of each way to cluster the terms."""
    n_model = 0
    for by, values in similarity.items():
        labels = cluster_by_similarity(values, terms, min_similarity=MIN_SIMILARITY[by]).cluster
        n_model = n_model or int(labels.max())
        yield f"{by}, default", by, labels
    for by in list(similarity)[1:]:
        labels = cluster_by_similarity(similarity[by], terms, min_similarity=0, n_clusters=n_model).cluster
        yield f"{by}, as many clusters as the model", by, labels
    for by in ("jaccard", "model"):
        yield f"binary cut, {by}", by, binary_cut(similarity[by], args.seed)
    for least in args.sweep:
        labels = cluster_by_similarity(similarity["model"], terms, min_similarity=least).cluster
        yield f"model, min_similarity={least:g}", "model", labels


def halves(args: argparse.Namespace, n_sets: int = 400) -> pd.DataFrame:
    """Similarity of the halves of pathways, which share no gene."""
    library = scgsfm.datasets.library("reactome")
    rng = np.random.default_rng(args.seed)
    large = [name for name in library if 10 <= len(library[name]) <= 300]
    chosen = [str(name) for name in rng.choice(large, n_sets, replace=False)]
    both: dict[str, list[str]] = {}
    for name in chosen:
        genes = rng.permutation(np.array(library[name], dtype=object)).tolist()
        both |= {f"{name} 1": genes[: len(genes) // 2], f"{name} 2": genes[len(genes) // 2 :]}
    sets, rows = scgsfm.GeneSets(both), []
    for by in MIN_SIMILARITY:
        similarity = term_similarity(sets, by, lambda: as_model("gsfm-base"))
        cross = similarity[::2, 1::2]
        others = cross[~np.eye(n_sets, dtype=bool)]
        own = cross.diagonal()
        top = float(((cross.argmax(axis=1) == np.arange(n_sets)) & (own > 0)).mean())
        rows.append(
            (by, n_sets, top, float(np.median(own)), float(np.median(others)), float(np.quantile(others, 0.99)))
        )
    return pd.DataFrame(rows, columns=["measure", "n_sets", "top1", "median_halves", "median_others", "q99_others"])


def speed(args: argparse.Namespace) -> pd.DataFrame:
    """Seconds of the steps for 300 terms of GO in the blood cells of the package, after a first call."""
    import matplotlib as mpl

    mpl.use("Agg")
    adata = scgsfm.datasets.pbmc()
    scgsfm.tl.enrich(adata, args.library, groupby="cell_type", mode="ranked")
    steps = {
        "tl.cluster_terms": lambda: scgsfm.tl.cluster_terms(adata, args.library),
        "pl.enrichment_map": lambda: drawn(scgsfm.pl.enrichment_map),
        "pl.term_heatmap, groups": lambda: drawn(scgsfm.pl.term_heatmap),
        "pl.term_heatmap, similarity": lambda: drawn(scgsfm.pl.term_heatmap, kind="similarity"),
    }

    def drawn(plot: Callable, **options: Any) -> None:
        figure = plot(adata, n_terms=N_TERMS, return_fig=True, **options)
        figure.canvas.draw()
        mpl.pyplot.close(figure)

    rows = []
    for name, step in steps.items():
        step()
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        n_terms = adata.uns["cluster_terms"]["term"].nunique() if name.startswith("tl") else N_TERMS
        rows.append((name, n_terms, time.perf_counter() - wall, time.process_time() - cpu))
    return pd.DataFrame(rows, columns=["step", "n_terms", "seconds", "cpu_seconds"])


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--library", default="go_bp")
    options.add_argument("--sweep", nargs="*", type=float, default=[0.3, 0.5, 0.6], help="further least similarities")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    rows = []
    for name, table in rankings(args):
        terms = best_terms(table, N_TERMS)
        sets = scgsfm.GeneSets(args.library).subset(terms)
        wide = {
            key: table.pivot_table(index="term", columns="group", values=key).loc[terms] for key in ("score", "padj")
        }
        score, significant = wide["score"].to_numpy(), (wide["padj"] < 0.05).to_numpy()
        start = time.perf_counter()
        similarity = {by: term_similarity(sets, by, lambda: as_model("gsfm-base")) for by in MIN_SIMILARITY}
        say(f"{name}: {len(terms)} terms, {score.shape[1]} groups, {time.perf_counter() - start:.1f} s")
        for method, by, labels in clusterings(similarity, terms, args):
            found = measure(labels, similarity[by], score, significant, args.seed)
            rows.append({"data": name, "n_terms": len(terms), "method": method} | found)
    report("term_clusters", pd.DataFrame(rows), args.out)
    report("term_halves", halves(args), args.out)
    report("term_speed", speed(args), args.out)


if __name__ == "__main__":
    main()
