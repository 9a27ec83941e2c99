"""Prediction of functions, diseases and synthetic lethality from gene vectors, compared with published embeddings.

    python benchmarks/gene_embedding.py --model gsfm-base --corpus corpus

The protocol of Zhong et al. 2025 with its folds and with the genes shared by all of its 38 embeddings. For each GO
term and each OMIM disease a support vector machine (RBF kernel, balanced classes) classifies genes; C is selected by
the mean AUROC over three folds, and the AUROC is measured on held-out genes. For pairs of genes the features are the
sums of their vectors, C is selected in inner folds, and the mean AUROC over three outer folds is reported. The
intervals are 95 % bootstraps over the terms. A second table shows the similarity of the terms to sets of the training
corpus.
"""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
import torch
from _baselines import corpus_matrix, singular_vectors, tempered_weights
from _common import data_file, parser, report, say
from scipy.sparse import csr_array
from sklearn.metrics import roc_auc_score
from sklearn.svm import SVC

import scgsfm
from scgsfm.genes import resolve
from scgsfm.models.gsfm import GSFM, build_module
from scgsfm.models.gsfm._gsfm import GeneVectors
from scgsfm.models.gsfm.training._corpus import Corpus

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

C_VALUES = (0.1, 1.0, 10.0, 100.0, 1000.0)
FOLDS = ("fold1", "fold2", "fold3")
TERMS = ("go", "omim")
PAIRS = {"sl": "sl_sum", "ng": "ng_sum"}
"""Columns of the published table for the pairs."""
PUBLISHED = {
    "GenePT, text-embedding-3-large": "GENEPT-MODEL3",
    "GenePT, ada-002": "GENEPT-ADA",
    "BioConceptVec, fastText": "BIOCONCEPTVEC-FASTTEXT",
    "Mashup (networks)": "MASHUP",
    "node2vec (protein interactions)": "NODE2VEC",
    "ESM-2 (protein sequence)": "ESM2",
    "Geneformer, 6 layers": "GF-6L30M",
    "scGPT, human": "SCGPT-HUMAN",
    "Gene2vec (co-expression)": "GENE2VEC",
}


def shared_genes(folder: Path) -> pd.Series:
    """The genes in all published embeddings: symbols by Entrez id, ``""`` if unknown."""
    ids = pd.read_csv(folder / "intersect_ref_genelist_entrez.txt", header=None)[0]
    return pd.Series(resolve(ids.astype(str), organism="human").symbols, index=ids)


def read(folder: Path, name: str, columns: list[str], shared: pd.Series) -> pd.DataFrame:
    """A task on the shared genes, as symbols."""
    task = pd.read_csv(folder / f"{name}.tsv.gz", sep="\t")
    task = task[task[columns].isin(shared.index).all(axis=1)].reset_index(drop=True)
    return task.assign(**{column: shared[task[column]].to_numpy() for column in columns})


def known(task: pd.DataFrame, columns: list[str], genes: list[str]) -> pd.DataFrame:
    """The rows whose genes have vectors, with positions instead of names."""
    place = pd.Index(genes)
    task = task.assign(**{column: place.get_indexer(task[column]) for column in columns})
    return task[(task[columns] >= 0).all(axis=1)].reset_index(drop=True)


def aurocs(
    x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, c_values: tuple[float, ...]
) -> list[float]:
    """AUROC on the rows ``test`` of machines fitted to the rows ``train``, for each C.

    Equal to scikit-learn's RBF kernel (``gamma="scale"``), which is computed once for all C.
    """
    gamma = 1 / (x.shape[1] * x[train].var())
    kernel = np.exp(-gamma * _squared_distances(x[train], x[train]))
    to_test = np.exp(-gamma * _squared_distances(x[test], x[train]))
    found = []
    for c in c_values:
        machine = SVC(C=c, kernel="precomputed", class_weight="balanced").fit(kernel, y[train])
        found.append(roc_auc_score(y[test], machine.decision_function(to_test)))
    return found


def _squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.maximum((a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T, 0)


def term_aurocs(vectors: np.ndarray, task: pd.DataFrame) -> pd.DataFrame:
    """Mean AUROC over the folds for the best C of each term (``folds``), and AUROC on held-out genes (``auroc``)."""
    rows = []
    for term, part in task.groupby("term", sort=False):
        x, y, split = vectors[part["entrez"]].astype(np.float64), part["label"].to_numpy(), part["split"].to_numpy()
        held_out = split == "holdout"
        by_fold = [aurocs(x, y, ~held_out & (split != fold), split == fold, C_VALUES) for fold in FOLDS]
        means = np.mean(by_fold, axis=0)
        best = C_VALUES[int(np.argmax(means))]
        rows.append((term, means.max(), aurocs(x, y, ~held_out, held_out, (best,))[0]))
    return pd.DataFrame(rows, columns=["term", "folds", "auroc"])


def pair_aurocs(vectors: np.ndarray, task: pd.DataFrame) -> pd.DataFrame:
    """AUROC of each outer fold, with pairs as sums of their vectors."""
    x = vectors[task["gene1"]].astype(np.float64) + vectors[task["gene2"]]
    y, rows = task["label"].to_numpy(), []
    for outer in range(3):
        split = task[f"outer{outer}"].to_numpy()
        inner = [task[f"outer{outer}_inner{i}"].to_numpy() for i in range(3)]
        means = np.mean([aurocs(x, y, fold == "t", fold == "v", C_VALUES) for fold in inner], axis=0)
        best = C_VALUES[int(np.argmax(means))]
        rows.append((f"fold {outer}", means.max(), aurocs(x, y, split == "train", split == "test", (best,))[0]))
    return pd.DataFrame(rows, columns=["term", "folds", "auroc"])


def embeddings(args: argparse.Namespace, model: GSFM) -> Iterator[tuple[str, np.ndarray]]:
    """Vectors of the model's genes by each method, baselines first."""
    genes = model.genes[2:]
    if args.baselines == "all":
        torch.manual_seed(args.seed)
        untrained = build_module(model.module.config)
        yield "untrained network, combined", GSFM(untrained, model.genes).gene_embeddings()[2:]
    if args.corpus:
        corpus = Corpus.open(args.corpus)
        sets, weight = corpus_matrix(corpus, genes), tempered_weights(corpus.group)
        vectors, values = singular_vectors(sets, weight, rank=args.rank, seed=args.seed)
        yield f"truncated SVD of the corpus, rank {args.rank}", vectors.T * np.sqrt(values)
    for kind in args.kinds:
        yield f"{Path(args.model).name}, {kind}", model.gene_embeddings(kind)[2:]


def published(folder: Path, tasks: list[str]) -> list[tuple]:
    """The quoted rows of the published table."""
    means = pd.read_csv(folder / "LEADERBOARD_mean_scores.tsv", sep="\t", index_col=0)
    rows = []
    for name, row in PUBLISHED.items():
        for task in tasks:
            auroc = means.loc[row, PAIRS.get(task, task.upper())]
            rows.append((name, "published", None, None, task, None, auroc, None, None))
    return rows


def overlap(task: pd.DataFrame, corpus: Corpus, genes: list[str], aurocs: pd.Series) -> dict[str, float]:
    """Jaccard index (over ``genes``) of each term with the most similar set of the corpus.

    The mean AUROC of all terms and of those below 0.5, and the rank correlation of similarity and AUROC are added.
    """
    place = pd.Index(genes)
    positive = task[(task["label"] == 1) & task["entrez"].isin(place)]
    members = positive.groupby("term", sort=False)["entrez"].agg(lambda found: place.get_indexer(found.unique()))
    indptr = np.concatenate([[0], np.cumsum(members.map(len))])
    ones = np.ones(indptr[-1], np.float32)
    terms = csr_array((ones, np.concatenate(members.to_list()), indptr), shape=(len(members), len(genes)))
    sets = corpus_matrix(corpus, genes)
    size = np.diff(sets.indptr)
    highest = []
    for start, stop in pairwise([*range(0, len(members), 16), len(members)]):
        both = (terms[start:stop] @ sets.T).toarray()
        either = np.diff(indptr)[start:stop, None] + size - both
        highest.append((both / np.maximum(either, 1)).max(axis=1))
    jaccard = pd.Series(np.concatenate(highest), index=members.index)
    below = aurocs[jaccard[jaccard < 0.5].index]
    return {
        "n_terms": len(jaccard),
        "median": jaccard.median(),
        "highest": jaccard.max(),
        "n_below": len(below),
        "auroc": aurocs.mean(),
        "auroc_below": below.mean(),
        "correlation": jaccard.corr(aurocs, method="spearman"),
    }


def interval(values: np.ndarray, seed: int, n_boot: int = 1000) -> tuple[float, float]:
    drawn = np.random.default_rng(seed).integers(len(values), size=(n_boot, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    return low, high


def main() -> None:
    kinds = get_args(GeneVectors)
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--kinds", nargs="+", choices=kinds, default=kinds, help="kinds of vectors of the model")
    options.add_argument("--tasks", nargs="+", choices=[*TERMS, *PAIRS], default=[*TERMS, "sl"])
    options.add_argument("--baselines", choices=["all", "none"], default="all")
    options.add_argument("--corpus", type=Path, help="directory of the training corpus, for its SVD and the overlap")
    options.add_argument("--rank", type=int, default=256, help="rank of the truncated SVD")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0

    folder = data_file(args.data, "embedding_benchmark")
    model = scgsfm.models.load(args.model)
    columns = {name: ["entrez"] if name in TERMS else ["gene1", "gene2"] for name in args.tasks}
    shared = shared_genes(folder)
    files = {name: f"gene_{'level' if name in TERMS else 'pair'}_{name}" for name in args.tasks}
    tasks = {name: read(folder, files[name], columns[name], shared) for name in args.tasks}
    rows, last = [], {}
    begun = time.perf_counter()
    for method, vectors in embeddings(args, model):
        say(f"{method}: ready after {time.perf_counter() - begun:.0f} s")
        for name, task in tasks.items():
            rows_of = known(task, columns[name], model.genes[2:])
            found = (term_aurocs if name in TERMS else pair_aurocs)(vectors, rows_of)
            low, high = interval(found["auroc"].to_numpy(), args.seed) if name in TERMS else (None, None)
            n, dim = len(found), vectors.shape[1]
            rows.append((method, "this run", dim, found["folds"].mean(), name, n, found["auroc"].mean(), low, high))
            last[method, name] = found.set_index("term")["auroc"]
            say(f"  {name}: {found['auroc'].mean():.3f} after {time.perf_counter() - begun:.0f} s")
    rows += published(folder, args.tasks)
    names = ["embedding", "source", "dimensions", "folds", "task", "n_terms", "auroc", "low", "high"]
    report("gene_embedding", pd.DataFrame(rows, columns=names), args.out)
    if args.corpus:
        corpus, genes = Corpus.open(args.corpus), sorted(set(shared) - {""})
        first = f"{Path(args.model).name}, {args.kinds[0]}"
        found = [
            {"task": name} | overlap(tasks[name], corpus, genes, last[first, name])
            for name in args.tasks
            if name in TERMS
        ]
        report("gene_embedding_overlap", pd.DataFrame(found), args.out)


if __name__ == "__main__":
    main()
