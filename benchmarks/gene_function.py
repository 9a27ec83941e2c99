"""Gene function prediction: ranking of the held-out half of a term.

    python benchmarks/gene_function.py --model gsfm-base --libraries kegg_2021_human go_bp_2025 reactome_2024 hpo

The published protocol: for each term with at least 10 known genes and 5 random halves, one half is the query, all
other genes of the library's universe are scored, and the AUROC of the other half is measured. The table shows the
median over the repeats, then over the terms, with a 95 % bootstrap interval over the terms. All rows have the same
genes and halves.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numba
import numpy as np
import pandas as pd
from _baselines import Score, cooccurrence, corpus_matrix, popularity, tempered_weights, truncated_svd
from _common import data_file, parser, report, say
from scipy.sparse import csr_array

import scgsfm
from scgsfm.models.gsfm.training._corpus import Corpus, build_corpus

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from scgsfm.models.gsfm import GSFM

LIBRARIES = ("kegg_2021_human", "go_bp_2025", "reactome_2024", "hpo")
MIN_GENES = 10
BATCH = 512


@dataclass(frozen=True)
class Task:
    """Terms split into halves, over a vocabulary."""

    terms: list[str]
    sizes: np.ndarray
    """Known genes of each term."""
    queries: csr_array
    """Ones, halves × vocabulary; the ``repeats`` halves of a term follow each other."""
    targets: csr_array
    """The other halves."""
    universe: np.ndarray
    """Positions of all genes of the library in the vocabulary."""
    repeats: int


def read_task(
    path: Path,
    genes: Sequence[str],
    *,
    repeats: int = 5,
    max_terms: int | None = None,
    seed: int = 0,
    min_genes: int = MIN_GENES,
) -> Task:
    """Split the terms of a GMT file into random halves; with ``max_terms``, of a random sample of terms."""
    sets = scgsfm.GeneSets(path)
    vocabulary = pd.Index(genes)
    known = {name: np.unique(vocabulary.get_indexer(sets[name])) for name in sets}
    known = {name: tokens[tokens >= 0] for name, tokens in known.items()}
    universe = np.unique(np.concatenate(list(known.values())))
    terms = [name for name, tokens in known.items() if len(tokens) >= min_genes]
    rng = np.random.default_rng(seed)
    if max_terms is not None and max_terms < len(terms):
        terms = [terms[i] for i in sorted(rng.choice(len(terms), max_terms, replace=False))]
    queries, targets = [], []
    for name in terms:
        for _ in range(repeats):
            shuffled = rng.permutation(known[name])
            half = len(shuffled) // 2
            queries.append(np.sort(shuffled[:half]))
            targets.append(np.sort(shuffled[half:]))
    sizes = np.array([len(known[name]) for name in terms])
    return Task(terms, sizes, _ones(queries, len(genes)), _ones(targets, len(genes)), universe, repeats)


def _ones(rows: list[np.ndarray], n_genes: int) -> csr_array:
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
    indices = np.concatenate([*rows, np.empty(0, np.int64)])
    return csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=(len(rows), n_genes))


def run(score: Score, task: Task) -> pd.DataFrame:
    """One row per term: ``term``, ``n_genes``, ``auroc`` (median over the repeats)."""
    found = []
    for start in range(0, task.queries.shape[0], BATCH):
        queries, targets = task.queries[start : start + BATCH], task.targets[start : start + BATCH]
        scores = score(queries)
        if not np.isfinite(scores).all():
            msg = "A method gave scores that are infinite or no numbers."
            raise ValueError(msg)
        found.append(aurocs(scores, task.universe, queries.indptr, queries.indices, targets.indptr, targets.indices))
    auroc = np.median(np.concatenate(found).reshape(-1, task.repeats), axis=1)
    return pd.DataFrame({"term": task.terms, "n_genes": task.sizes, "auroc": auroc})


def evaluate(
    score: Score,
    genes: Sequence[str],
    library: str | Path,
    *,
    repeats: int = 5,
    max_terms: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Measure one method on one library.

    Parameters
    ----------
    score
        From queries (CSR of ones, sets × ``genes``) to scores (sets × ``genes``), such as ``GSFM.logits``.
    genes
        The vocabulary.
    library
        A GMT file.
    repeats, max_terms, seed
        Halves per term, size of a random sample of the terms, seed of both.

    Returns
    -------
    One row per term: ``term``, ``n_genes``, ``auroc`` (median over the repeats).
    """
    return run(score, read_task(Path(library), genes, repeats=repeats, max_terms=max_terms, seed=seed))


@numba.njit(parallel=True, cache=True)
def aurocs(
    scores: np.ndarray,
    universe: np.ndarray,
    query_ptr: np.ndarray,
    query: np.ndarray,
    target_ptr: np.ndarray,
    target: np.ndarray,
) -> np.ndarray:
    """For each row, the probability that a target outscores a gene of the universe that is neither query nor target."""
    out = np.empty(len(scores))
    for row in numba.prange(len(scores)):
        other = np.zeros(scores.shape[1], np.bool_)
        other[universe] = True
        other[query[query_ptr[row] : query_ptr[row + 1]]] = False
        wanted = target[target_ptr[row] : target_ptr[row + 1]]
        other[wanted] = False
        high = np.sort(scores[row][wanted])
        above, n_other = 0, 0
        for gene in universe:
            if other[gene]:
                n_other += 1
                value = scores[row, gene]
                above += 2 * len(high) - np.searchsorted(high, value) - np.searchsorted(high, value, side="right")
        out[row] = above / (2 * n_other * len(high))
    return out


def summary(auroc: np.ndarray, *, n_boot: int = 1000, seed: int = 0) -> tuple[float, float, float]:
    """Median over terms and its 95 % bootstrap interval."""
    drawn = np.random.default_rng(seed).integers(len(auroc), size=(n_boot, len(auroc)))
    low, high = np.quantile(np.median(auroc[drawn], axis=1), (0.025, 0.975))
    return float(np.median(auroc)), float(low), float(high)


def over(genes: Sequence[str], model: GSFM, logits: Score) -> Score:
    """Logits of a model with inputs and outputs over ``genes``, all of which it knows."""
    tokens = model.tokens(genes)

    def score(queries: csr_array) -> np.ndarray:
        shape = (queries.shape[0], len(model.genes))
        return logits(csr_array((queries.data, tokens[queries.indices], queries.indptr), shape=shape))[:, tokens]

    return score


def methods(args: argparse.Namespace, genes: list[str], models: dict[str, GSFM]) -> Iterator[tuple[str, Score]]:
    """The rows of the table, baselines first; each method is built when it is needed and can be released afterwards."""
    if args.baselines == "all":
        corpus = open_corpus(args)
        sets, weight = corpus_matrix(corpus, genes), tempered_weights(corpus.group)
        yield "gene popularity in the corpus", popularity(sets)
        yield "cosine co-occurrence, size-normalised", cooccurrence(sets, weight)
        yield "cosine co-occurrence, sets of n genes weigh 1/n²", cooccurrence(sets, 1 / np.diff(sets.indptr).clip(1))
        yield f"truncated SVD, rank {args.rank}", truncated_svd(sets, weight, rank=args.rank, seed=args.seed)
    for name, model in models.items():
        if getattr(model.module, "neighbours", None) is not None:
            network = partial(_network_logits, model)
            yield f"{name}, its network alone", over(genes, model, network)
        yield name, over(genes, model, model.logits)


def _network_logits(model: GSFM, queries: csr_array) -> np.ndarray:
    return model.decode(model.encode(queries))


def open_corpus(args: argparse.Namespace) -> Corpus:
    """The training corpus, built first if its directory is empty."""
    folder = args.corpus or scgsfm.settings.cache_dir / "benchmarks" / "corpus"
    if (folder / "corpus.json").exists():
        return Corpus.open(folder)
    say(f"Building the corpus in {folder}.")
    return build_corpus([data_file(args.data, "genesets/train")], folder)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument(
        "--reference", help="directory of the published architecture and objective, trained on the same corpus"
    )
    options.add_argument("--libraries", nargs="+", default=LIBRARIES, help="names in DATA/genesets/bench, or GMT files")
    options.add_argument("--baselines", choices=["all", "none"], default="all")
    options.add_argument("--corpus", type=Path, help="directory of the training corpus; built there if it is empty")
    options.add_argument("--rank", type=int, default=128, help="rank of the truncated SVD")
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--max-terms", type=int, help="size of a random sample of the terms")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0

    files = {
        Path(name).name.partition(".")[0]: Path(name)
        if Path(name).is_file()
        else data_file(args.data, f"genesets/bench/{name}.gmt.gz")
        for name in args.libraries
    }
    models = {"published architecture and objective": args.reference, Path(args.model).name: args.model}
    models = {name: scgsfm.models.load(folder) for name, folder in models.items() if folder}
    known = set.intersection(*(set(model.genes) for model in models.values()))
    genes = [gene for gene in next(iter(models.values())).genes[2:] if gene in known]
    tasks = {
        name: read_task(file, genes, repeats=args.repeats, max_terms=args.max_terms, seed=args.seed)
        for name, file in files.items()
    }

    rows = []
    begun = time.perf_counter()
    for method, score in methods(args, genes, models):
        say(f"{method}: ready after {time.perf_counter() - begun:.0f} s")
        for library, task in tasks.items():
            auroc, low, high = summary(run(score, task)["auroc"].to_numpy(), seed=args.seed)
            rows.append((method, library, auroc, low, high, len(task.terms), len(task.universe)))
            say(f"  {library}: {auroc:.3f} after {time.perf_counter() - begun:.0f} s")
    columns = ["method", "library", "auroc", "low", "high", "n_terms", "n_universe"]
    report("gene_function", pd.DataFrame(rows, columns=columns), args.out)


if __name__ == "__main__":
    main()
