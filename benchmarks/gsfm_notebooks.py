"""The questions of GSFM's official notebooks: reverse enrichment, kinases, mouse knockouts, gene pairs.

    python benchmarks/gsfm_notebooks.py --corpus corpus --phenotypes HMD_HumanPhenotype.rpt

Reverse enrichment: each signature of dexamethasone, and of the three transcription factors with the most studies, is
tested against a library of perturbations (up to 12 signatures of each). Signatures of the query's own study are left
out of the ranking. Found are other signatures of the same drug or factor, in either direction. In a random order of
n others with k of these, the first of them has the rank (n + 1) / (k + 1) on average.

Kinases (Gene Ontology) and mouse-knockout phenotypes (MGI) are predicted from gene vectors by logistic regression with
an L2 penalty (C = 0.01, standardized features, balanced classes) in five folds, on samples of genes. Negative examples
of kinases are other genes of GO's molecular functions, those of a phenotype are genes with other phenotypes only. They
are also predicted without a classifier, by completing the positive genes (at most 500) and removing the popularity.
``--phenotypes`` is MGI's report HMD_HumanPhenotype.rpt (https://www.informatics.jax.org/downloads/reports).

Gene pairs (synthetic lethal and negative genetic interactions) have the outer folds of Zhong et al. 2025. They are
ranked by the cosine of their vectors, and by logistic regression on products and absolute differences, on samples of
pairs. Intervals are 95 % bootstraps over queries, genes, phenotypes or pairs.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from _baselines import corpus_matrix, singular_vectors, tempered_weights
from _common import data_file, parser, report, say
from gene_embedding import interval, known, read, shared_genes
from scipy.sparse import csr_array
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import scgsfm
from scgsfm.models.gsfm import GSFM, build_module
from scgsfm.models.gsfm.training._corpus import Corpus

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

DRUGS = ("enrichr_Drug_Perturbations_from_GEO_up", "enrichr_Drug_Perturbations_from_GEO_down")
FACTORS = "enrichr_TF_Perturbations_Followed_by_Expression"
DRUG = "dexamethasone"
N_FACTORS, N_QUERIES, N_NULL = 3, 12, 200
KINASES = ("Protein Serine/Threonine Kinase Activity", "Protein Tyrosine Kinase Activity")
N_GENES, N_COMPLETED, N_PAIRS, N_FOLDS, N_BOOT = 3000, 500, 3000, 5, 200
PENALTY = 0.01
PAIRS = {"sl": "synthetic lethality", "ng": "negative genetic interaction"}


# reverse enrichment


def perturbations(folder: Path, names: tuple[str, ...]) -> pd.DataFrame:
    """Perturbation signatures: name, target (drug or factor, lower case), study and genes."""
    rows = []
    for name in names:
        sets = scgsfm.GeneSets(folder / "perturb_GEO" / f"{name}.gmt.gz")
        direction = name.rsplit("_", 1)[-1] if name in DRUGS else ""
        for term in sets.names:
            study = re.search(r"GSE\d+", term)
            target = re.split(r"_| DB\d| \d{3,}", term)[0].lower()
            rows.append((f"{term} {direction}".strip(), target, study[0] if study else term, list(sets[term])))
    return pd.DataFrame(rows, columns=["name", "target", "study", "genes"])


def reverse_enrichment(folder: Path, model: GSFM, seed: int) -> pd.DataFrame:
    """Ranks of signatures of the same drug or factor, for each target and method."""
    drugs, factors = perturbations(folder, DRUGS), perturbations(folder, (FACTORS,))
    studies = factors.groupby("target")["study"].nunique().sort_values(ascending=False, kind="stable")
    rng, rows = np.random.default_rng(seed), []
    for table, targets in ((drugs, [DRUG]), (factors, studies.index[:N_FACTORS].tolist())):
        library = dict(zip(table["name"], table["genes"], strict=True))
        for target in targets:
            own = table[table["target"] == target]
            queries = own.iloc[np.sort(rng.permutation(len(own))[:N_QUERIES])]
            lists = dict(zip(queries["name"], queries["genes"], strict=True))
            for mode, label in (("overlap", "overlap (Fisher)"), ("gsfm", f"{model.name}, gsfm mode")):
                begun = time.process_time()
                found = scgsfm.tl.enrich(
                    lists,
                    library,
                    mode=mode,
                    model=model,
                    background=model.genes[2:],
                    max_genes=2000,
                    n_null=N_NULL if mode == "gsfm" else None,
                )
                spent = (time.process_time() - begun) / len(lists)
                hits = [one_query(found[found["group"] == q.name], q, table) for q in _named(queries)]
                hits = pd.DataFrame(hits, columns=["first", "auroc", "n_positive", "n_sets", "chance"])
                low, high = interval(hits["auroc"].to_numpy(), seed)
                rows.append(
                    {
                        "target": target.upper() if table is factors else target,
                        "method": label,
                        "n_queries": len(hits),
                        "n_positive": hits["n_positive"].median(),
                        "n_sets": hits["n_sets"].median(),
                        "first": hits["first"].median(),
                        "chance": hits["chance"].median(),
                        "top_10": (hits["first"] <= 10).mean(),
                        "auroc": hits["auroc"].mean(),
                        "low": low,
                        "high": high,
                        "seconds": spent,
                    }
                )
                say(f"{target}, {label}: AUROC {hits['auroc'].mean():.3f}, {spent:.1f} s per query")
    return pd.DataFrame(rows)


def _named(table: pd.DataFrame) -> Iterator:
    return table.itertuples(index=False)


def one_query(found: pd.DataFrame, query: Any, table: pd.DataFrame) -> tuple[float, float, int, int, float]:
    """Rank of the first signature of the same target, AUROC of all of them, numbers, and the first rank by chance."""
    about = table.set_index("name").loc[found["term"]]
    kept = (about["study"] != query.study).to_numpy()
    found, positive = found[kept], (about["target"] == query.target).to_numpy()[kept]
    # ties in p (those that underflow, or p = 1) by the score
    order = rankdata(found["pvalue"]) * len(found) - rankdata(found["score"]) / 2
    ranks = rankdata(order)
    n, n_positive = len(found), int(positive.sum())
    return ranks[positive].min(), roc_auc_score(positive, -order), n_positive, n, (n + 1) / (n_positive + 1)


# classification of genes


def classifier() -> LogisticRegression:
    return make_pipeline(
        StandardScaler(), LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=300, tol=1e-3)
    )


def bootstrap(y: np.ndarray, score: np.ndarray, fold: np.ndarray, seed: int) -> tuple[float, float, float]:
    """Mean AUROC over folds, and its interval over examples (drawn within folds and classes)."""
    rng = np.random.default_rng(seed)
    parts = [(score[(fold == k) & (y == 1)], score[(fold == k) & (y == 0)]) for k in np.unique(fold)]

    def mean(draw: bool) -> float:
        values = []
        for pos, neg in parts:
            p, n = (rng.choice(part, len(part)) if draw else part for part in (pos, neg))
            values.append(roc_auc_score(np.repeat([1, 0], [len(p), len(n)]), np.concatenate([p, n])))
        return float(np.mean(values))

    low, high = np.quantile([mean(True) for _ in range(N_BOOT)], (0.025, 0.975))
    return mean(False), low, high


def out_of_fold(x: np.ndarray | GSFM, genes: np.ndarray, y: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of all genes, each from the other four folds, and the folds."""
    score, fold = np.zeros(len(y)), np.zeros(len(y), int)
    for k, (train, test) in enumerate(StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed).split(genes, y)):
        fold[test] = k
        if isinstance(x, GSFM):
            members = genes[train][y[train] == 1] + 2
            members = np.random.default_rng(seed).permutation(members)[:N_COMPLETED]
            row = csr_array((np.ones(len(members), np.float32), np.sort(members), [0, len(members)]), (1, len(x.genes)))
            score[test] = (x.logits(row)[0] - x.popularity)[genes[test] + 2]
        else:
            score[test] = classifier().fit(x[genes[train]], y[train]).decision_function(x[genes[test]])
    return score, fold


def gene_tasks(folder: Path, phenotypes: Path | None, names: list[str], seed: int) -> Iterator[tuple[str, str, tuple]]:
    """Task, its class, and positions of genes with labels: a sample of genes, at most half of them positive."""
    place, rng = pd.Index(names), np.random.default_rng(seed)

    def sample(positive: set[str], universe: set[str]) -> tuple[np.ndarray, np.ndarray]:
        genes = place.get_indexer(sorted(universe))
        genes = genes[genes >= 0]
        y = np.isin(genes, place.get_indexer(sorted(positive))).astype(int)
        kept = np.concatenate([rng.permutation(np.flatnonzero(y == c))[: N_GENES // 2 if c else None] for c in (1, 0)])[
            :N_GENES
        ]
        return genes[kept], y[kept]

    functions = scgsfm.GeneSets(folder / "genesets" / "library" / "go_mf.gmt.gz")
    kinases = {g for term in functions.names if term.startswith(KINASES) for g in functions[term]}
    yield "protein kinases", "", sample(kinases, {g for term in functions.names for g in functions[term]})
    if phenotypes is None:
        return
    table = pd.read_csv(phenotypes, sep="\t", header=None, usecols=[0, 4], names=["gene", "terms"], dtype=str).dropna()
    of_gene = table.groupby("gene")["terms"].agg(lambda cells: set(re.findall(r"MP:\d+", " ".join(cells))))
    universe = set(of_gene.index)
    for system in sorted(set().union(*of_gene)):
        positive = {gene for gene, terms in of_gene.items() if system in terms}
        if len(positive) >= 200:
            yield "mouse-knockout phenotypes", system, sample(positive, universe)


def similarity(members: np.ndarray, sets: csr_array) -> float:
    """Highest Jaccard index of a gene set with a training set."""
    chosen = np.zeros(sets.shape[1], np.float32)
    chosen[members] = 1
    both = sets @ chosen
    return float((both / (np.diff(sets.indptr) + len(members) - both)).max())


def classify_genes(vectors: dict, tasks: list, sets: csr_array | None, seed: int) -> pd.DataFrame:
    """AUROC of each method for each class of tasks."""
    rows = []
    for method, x in vectors.items():
        begun, found = time.process_time(), {}
        for task, name, (genes, y) in tasks:
            score, fold = out_of_fold(x, genes, y, seed)
            found.setdefault(task, []).append((name, genes, y, score, fold))
        for task, results in found.items():
            if len(results) == 1:
                _, genes, y, score, fold = results[0]
                auroc, low, high = bootstrap(y, score, fold, seed)
            else:
                each = [
                    np.mean([roc_auc_score(y[fold == k], s[fold == k]) for k in range(N_FOLDS)])
                    for _, _, y, s, fold in results
                ]
                auroc, (low, high) = np.mean(each), interval(np.array(each), seed)
            n = np.mean([len(y) for _, _, y, _, _ in results])
            jaccard = (
                np.median([similarity(g[y == 1], sets) for _, g, y, _, _ in results]) if sets is not None else None
            )
            rows.append((task, method, len(results), n, auroc, low, high, jaccard))
            say(f"{task}, {method}: {auroc:.3f}, {time.process_time() - begun:.0f} s")
    return pd.DataFrame(rows, columns=["task", "method", "n_tasks", "n_examples", "auroc", "low", "high", "jaccard"])


# pairs of genes


def classify_pairs(vectors: dict, tables: dict, sets: csr_array | None, seed: int) -> pd.DataFrame:
    """AUROC of pairs by cosine and by a classifier, over the outer folds."""
    rows = []
    for task, table in tables.items():
        rng = np.random.default_rng(seed)
        folds = []
        for outer in range(3):
            split = table[f"outer{outer}"].to_numpy()
            folds.append([rng.permutation(np.flatnonzero(split == part))[:N_PAIRS] for part in ("train", "test")])
        tests = np.concatenate([test for _, test in folds])
        fold = np.repeat(np.arange(3), [len(test) for _, test in folds])
        left, right, y = (table[name].to_numpy() for name in ("gene1", "gene2", "label"))
        scores = {}
        for method, x in vectors.items():
            if isinstance(x, GSFM):
                continue
            a, b = x[left], x[right]
            if x.shape[1] > 1:
                unit = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)
                scores[method, "cosine"] = (unit[left] * unit[right]).sum(1)[tests]
            else:
                scores[method, "sum"] = (a + b)[tests, 0]
            features = np.hstack([a * b, np.abs(a - b)])
            scores[method, "classifier"] = np.concatenate(
                [classifier().fit(features[train], y[train]).decision_function(features[test]) for train, test in folds]
            )
            say(f"{task}, {method}")
        if sets is not None:
            holders = sets.T.tocsr()
            size = np.diff(holders.indptr)
            both = np.array(
                [(holders[[i]] @ holders[[j]].T).sum() for i, j in zip(left[tests], right[tests], strict=True)]
            )
            scores["co-occurrence in the corpus", "cosine"] = both / np.sqrt(
                size[left[tests]] * size[right[tests]] + 1.0
            )
        for (method, how), score in scores.items():
            auroc, low, high = bootstrap(y[tests], score, fold, seed)
            rows.append((PAIRS[task], method, how, len(tests), auroc, low, high))
            say(f"{task}, {method}, {how}: {auroc:.3f}")
    return pd.DataFrame(rows, columns=["task", "vectors", "pairs_by", "n_pairs", "auroc", "low", "high"])


def gene_vectors(args: argparse.Namespace, model: GSFM) -> tuple[dict, csr_array | None]:
    """Vectors of the model's genes by method, and the sets of the corpus."""
    names, found, sets = model.genes[2:], {}, None
    if args.corpus:
        corpus = Corpus.open(args.corpus)
        sets, weight = corpus_matrix(corpus, names), tempered_weights(corpus.group)
        found["popularity"] = np.log1p(np.bincount(sets.indices, minlength=len(names)))[:, None]
        vectors, values = singular_vectors(sets, weight, rank=args.rank, seed=args.seed)
        found[f"truncated SVD of the corpus, rank {args.rank}"] = vectors.T * np.sqrt(values)
    torch.manual_seed(args.seed)
    found["untrained network, vectors"] = GSFM(build_module(model.module.config), model.genes).gene_embeddings()[2:]
    found[f"{model.name}, vectors"] = model.gene_embeddings()[2:]
    found[f"{model.name}, completion of the positive genes"] = model
    return found, sets


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--corpus", type=Path, help="directory of the training corpus, for the baselines")
    options.add_argument("--phenotypes", type=Path, help="MGI's report HMD_HumanPhenotype.rpt")
    options.add_argument("--rank", type=int, default=128, help="rank of the truncated SVD")
    options.add_argument("--only", nargs="+", choices=["reverse", "genes"], default=["reverse", "genes"])
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0

    folder = data_file(args.data, ".")
    model = scgsfm.models.load(args.model)
    if "reverse" in args.only:
        report("gsfm_reverse", reverse_enrichment(folder / "genesets" / "train", model, args.seed), args.out)
    if "genes" in args.only:
        vectors, sets = gene_vectors(args, model)
        tasks = list(gene_tasks(folder, args.phenotypes, model.genes[2:], args.seed))
        report("gsfm_classes", classify_genes(vectors, tasks, sets, args.seed), args.out)
        shared = shared_genes(folder / "embedding_benchmark")
        columns = ["gene1", "gene2"]
        tables = {
            name: known(
                read(folder / "embedding_benchmark", f"gene_pair_{name}", columns, shared), columns, model.genes[2:]
            )
            for name in PAIRS
        }
        report("gsfm_pairs", classify_pairs(vectors, tables, sets, args.seed), args.out)


if __name__ == "__main__":
    main()
