"""Scores of gene pairs without training: the model's vectors and completions, co-occurrence and popularity.

    python benchmarks/gene_pairs.py --corpus corpus

Synthetic lethal pairs and pairs with a negative genetic interaction, and the ten times as many other pairs that the benchmark of
Zhong et al. 2025 lists for each task. A pair is scored by a number, nothing is fitted: by the cosine of the vectors of two genes,
by the completion of the sets that consist of one of them, by the cosine of their memberships in the training corpus
(co-occurrence), and by the number of sets of the corpus that contain them (popularity). The interval of the AUROC is a 95 %
bootstrap over the pairs. ``matched`` compares only pairs of the same popularity, in 20 strata: genes that are studied more have
more known interactions. ``n_pairs`` of each task are drawn.

The third task is held out of the training: pairs of genes of one small Reactome pathway (sets of the corpus with a Jaccard index
of 0.5 or more to a pathway were removed before the training), against pairs in which the second gene is replaced by one that is
in as many sets of the corpus, and in no pathway with the first.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _baselines import corpus_matrix
from _common import data_file, parser, report, say
from gene_embedding import known, read, shared_genes
from scipy.stats import rankdata

import scgsfm
from scgsfm.models.gsfm.training._corpus import Corpus

if TYPE_CHECKING:
    import argparse

    from scipy.sparse import csr_array

    from scgsfm.models.gsfm import GSFM

TASKS = {"sl": "synthetic lethal", "ng": "negative genetic"}
KINDS = ("combined", "decoder", "single")
SMALL, PER_PATHWAY = (3, 15), 3
"""Numbers of genes of small pathways, and of pairs drawn from each."""


def auroc(y: np.ndarray, score: np.ndarray) -> float:
    rank, n = rankdata(score), int(y.sum())
    return float((rank[y == 1].sum() - n * (n + 1) / 2) / (n * (len(y) - n)))


def interval(y: np.ndarray, score: np.ndarray, seed: int, n_boot: int = 200) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(len(y), size=len(y)) for _ in range(n_boot)]
    low, high = np.quantile([auroc(y[rows], score[rows]) for rows in drawn], (0.025, 0.975))
    return float(low), float(high)


def matched_auroc(y: np.ndarray, score: np.ndarray, popularity: np.ndarray, n_strata: int = 20) -> float:
    """AUROC of pairs in the same stratum of popularity; strata count by their number of comparisons."""
    stratum = (rankdata(popularity, "ordinal") - 1) * n_strata // len(y)
    found, weight = [], []
    for i in range(n_strata):
        own = y[stratum == i]
        if 0 < own.sum() < len(own):
            found.append(auroc(own, score[stratum == i]))
            weight.append(own.sum() * (len(own) - own.sum()))
    return float(np.average(found, weights=weight))


def cosine(vectors: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return np.einsum("ij,ij->i", unit[first], unit[second])


def cooccurrence(sets: csr_array, first: np.ndarray, second: np.ndarray, size: int = 500) -> np.ndarray:
    """Cosine of the sets of two genes; a set of n genes has weight 1/n."""
    weight = 1 / np.maximum(np.diff(sets.indptr), 1)
    weighted = sets.T.tocsr().astype(np.float64)
    weighted.data *= np.sqrt(weight)[weighted.indices]
    norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    both = np.concatenate(
        [
            np.asarray(weighted[first[i : i + size]].multiply(weighted[second[i : i + size]]).sum(axis=1)).ravel()
            for i in range(0, len(first), size)
        ]
    )
    return both / np.maximum(norm[first] * norm[second], 1e-12)


def scores(pairs: pd.DataFrame, model: GSFM, sets: csr_array | None) -> dict[str, np.ndarray]:
    genes = np.array(model.genes[2:], dtype=object)
    first, second = pairs["gene1"].to_numpy(), pairs["gene2"].to_numpy()
    named = pd.DataFrame({"gene1": genes[first], "gene2": genes[second]})
    found = {}
    for by in ("vectors", "completion"):
        start = time.perf_counter()
        found[f"tl.related_genes, {by}"] = scgsfm.tl.related_genes(pairs=named, by=by, model=model)[
            "similarity"
        ].to_numpy()
        say(f"  {by}: {time.perf_counter() - start:.1f} s")
    for kind in KINDS[1:]:
        found[f"cosine, {kind}"] = cosine(model.gene_embeddings(kind)[2:], first, second)
    if sets is not None:
        found["co-occurrence in the corpus"] = cooccurrence(sets, first, second)
        count = np.log1p(np.bincount(sets.indices, minlength=sets.shape[1]))
        found["popularity"] = count[first] + count[second]
    return found


def drawn(task: pd.DataFrame, n: int, seed: int) -> pd.DataFrame:
    """At most ``n`` pairs with the same share of positives."""
    if len(task) <= n:
        return task
    share = n / len(task)
    return task.groupby("label").sample(frac=share, random_state=seed).reset_index(drop=True)


def pathway_pairs(folder: Path, genes: list[str], sets: csr_array, seed: int) -> pd.DataFrame:
    """Pairs of genes of small pathways, and three other pairs for each with the second gene replaced."""
    rng = np.random.default_rng(seed)
    library = scgsfm.GeneSets(folder)
    member = library.membership(np.array(genes, dtype=object)) != 0
    together = (member.T @ member).tocsr()
    order = np.argsort(np.bincount(sets.indices, minlength=len(genes)), kind="stable")
    place = np.empty(len(genes), dtype=int)
    place[order] = np.arange(len(genes))
    rows = []
    for i in range(member.shape[0]):
        own = member.indices[member.indptr[i] : member.indptr[i + 1]]
        if not SMALL[0] <= len(own) <= SMALL[1]:
            continue
        for _ in range(PER_PATHWAY):
            first, second = rng.choice(own, 2, replace=False)
            rows.append((first, second, 1))
            near = order[np.clip(place[second] + rng.permutation(np.r_[-100:0, 1:101]), 0, len(genes) - 1)]
            known_ones = together.indices[together.indptr[first] : together.indptr[first + 1]]
            rows += [(first, other, 0) for other in near[~np.isin(near, [*known_ones, first, second])][:3]]
    table = pd.DataFrame(rows, columns=["gene1", "gene2", "label"])
    return table.drop_duplicates(["gene1", "gene2"], ignore_index=True)


def run(args: argparse.Namespace) -> pd.DataFrame:
    folder = data_file(args.data, "embedding_benchmark")
    model = scgsfm.models.load(args.model)
    sets = corpus_matrix(Corpus.open(args.corpus), model.genes[2:]) if args.corpus else None
    shared, rows, columns = shared_genes(folder), [], ["gene1", "gene2"]
    tasks = {
        title: known(read(folder, f"gene_pair_{name}", columns, shared), columns, model.genes[2:])
        for name, title in TASKS.items()
    }
    if sets is not None:
        file = data_file(args.data, "genesets/bench/reactome_2024.gmt.gz")
        tasks["held-out pathways"] = pathway_pairs(file, model.genes[2:], sets, args.seed)
    for title, pairs in tasks.items():
        task = drawn(pairs, args.n_pairs, args.seed)
        y = task["label"].to_numpy()
        say(f"{title}: {len(task)} pairs")
        found = scores(task, model, sets)
        for method, score in found.items():
            low, high = interval(y, score, args.seed)
            matched = matched_auroc(y, score, found["popularity"]) if sets is not None else np.nan
            rows.append((method, title, len(task), int(y.sum()), auroc(y, score), low, high, matched))
    return pd.DataFrame(rows, columns=["method", "task", "n_pairs", "n_positive", "auroc", "low", "high", "matched"])


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--corpus", type=Path, help="directory of the training corpus, for co-occurrence")
    options.add_argument("--n-pairs", type=int, default=20_000, help="maximum number of pairs of each task")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    report("gene_pairs", run(args), args.out)


if __name__ == "__main__":
    main()
