"""Models on the same terms, genes and draws, with paired intervals of their differences.

    python benchmarks/model_comparison.py --models FOLDER gsfm-base

The first model is the reference of the others; with `--corpus FOLDER` it is the co-occurrence of genes in the corpus, in
which a set of n genes weighs 1/n². Rows: gene functions (half of each term, as `gene_function.py`, for the
model and for its network alone), genes added by a later release (`time_split.py`), support vector machines on gene
vectors (`gene_embedding.py`), and marker sets cut to five genes in cells with few counts (`dropout.py`). Intervals are
95 % bootstraps over the terms, and for marker sets the 2.5 and 97.5 percentiles over the draws.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anndata as ad
import dropout
import gene_embedding
import numpy as np
import pandas as pd
from _baselines import cooccurrence, corpus_matrix
from _common import data_file, parser, report, say
from gene_function import LIBRARIES, Task, _network_logits, over, read_task, run
from time_split import SPLITS, read_split

import scgsfm
from scgsfm.errors import GeneSetWarning
from scgsfm.models.gsfm.training._corpus import Corpus

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from scgsfm.models.gsfm import GSFM

Found = tuple[str, str, dict[str, np.ndarray]]
"""What was measured, the part of the model, and the values of each model; those at one place belong together."""


def sampled(task: Task, n: int, seed: int) -> Task:
    """At most ``n`` terms of a task with one query each."""
    if len(task.terms) <= n:
        return task
    kept = np.sort(np.random.default_rng(seed).choice(len(task.terms), n, replace=False))
    terms = [task.terms[i] for i in kept]
    return replace(task, terms=terms, sizes=task.sizes[kept], queries=task.queries[kept], targets=task.targets[kept])


def functions(args: argparse.Namespace, models: dict[str, GSFM]) -> Iterator[Found]:
    """AUROC of each term."""
    known = set.intersection(*(set(model.genes) for model in models.values()))
    genes = [gene for gene in next(iter(models.values())).genes[2:] if gene in known]
    file = partial(data_file, args.data)
    tasks = {
        name: read_task(
            file(f"genesets/bench/{name}.gmt.gz"), genes, repeats=2, max_terms=args.max_terms, seed=args.seed
        )
        for name in LIBRARIES
    }
    for split in SPLITS:
        old, new = split.split(":")
        both = (file(f"genesets/bench/{name}.gmt.gz") for name in (old, new))
        tasks[f"{old} → {new}"] = sampled(read_split(*both, genes), args.max_terms, args.seed)
    baseline = {}
    if args.corpus:
        sets = corpus_matrix(Corpus.open(args.corpus), genes)
        baseline["co-occurrence, 1/n²"] = cooccurrence(sets, 1 / np.diff(sets.indptr).clip(1))
    for name, task in tasks.items():
        for part in ("model",) if baseline else ("model", "network"):
            values = {label: run(score, task)["auroc"].to_numpy() for label, score in baseline.items()}
            for label, model in models.items():
                logits = model.logits if part == "model" else partial(_network_logits, model)
                values[label] = run(over(genes, model, logits), task)["auroc"].to_numpy()
            yield name, part, values


def vectors(args: argparse.Namespace, models: dict[str, GSFM]) -> Iterator[Found]:
    """AUROC of each term by a support vector machine."""
    folder = data_file(args.data, "embedding_benchmark")
    shared, known = gene_embedding.shared_genes(folder), set.intersection(*(set(m.genes) for m in models.values()))
    for name in gene_embedding.TERMS:
        task = gene_embedding.read(folder, f"gene_level_{name}", ["entrez"], shared)
        task, values = task[task["entrez"].isin(known)], {}
        for label, model in models.items():
            rows = gene_embedding.known(task, ["entrez"], model.genes[2:])
            found = gene_embedding.term_aurocs(model.gene_embeddings("combined")[2:], rows)
            values[label] = found["auroc"].to_numpy()
        yield f"gene vectors, {name}", "vectors", values


def markers(args: argparse.Namespace, models: dict[str, GSFM]) -> Iterator[Found]:
    """Macro-AUROC of each draw of counts and genes."""
    adata = ad.read_h5ad(data_file(args.data, "scrna/pbmc3k_2638x32738.h5ad"))
    library, measured = scgsfm.datasets.library("pbmc_markers"), set(adata.var_names)
    sets = {label: [gene for gene in library[name] if gene in measured] for label, name in dropout.MARKERS.items()}
    queries = [q for q in dropout.cuts(sets, 10, np.random.default_rng([args.seed, 0])) if q[0] != "whole"]
    dropout.METHODS[:] = ["gsfm"]
    for share in (0.1, 0.03):
        values: dict[str, list[np.ndarray]] = {label: [] for label in models}
        for thinning in range(args.thinnings):
            cells = dropout.thinned(adata, share, np.random.default_rng([args.seed, 1, thinning]))
            for label, model in models.items():
                found = dropout.measure(cells.copy(), queries, model)
                values[label].append(found.groupby("cut")["auroc"].mean().to_numpy())
        yield (
            f"five genes at {share:.0%} of the counts",
            "model",
            {label: np.concatenate(some) for label, some in values.items()},
        )


def rows(found: Found, seed: int, n_boot: int = 1000) -> Iterator[tuple]:
    """The reference, and each other model with its difference."""
    name, part, values = found
    middle: Callable[..., np.ndarray] = np.median if "→" in name or name in LIBRARIES else np.mean
    (_, first), *others = values.items()
    drawn = np.random.default_rng(seed).integers(len(first), size=(n_boot, len(first)))
    for label, own in others:
        pairs = middle(own[drawn], axis=1) - middle(first[drawn], axis=1)
        low, high = np.quantile(own - first if name.startswith("five") else pairs, (0.025, 0.975))
        yield name, part, len(first), middle(first), label, middle(own), middle(own) - middle(first), low, high


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--models", nargs="+", default=["gsfm-base"], help="names or directories; the first: reference"
    )
    options.add_argument("--max-terms", type=int, default=500, help="size of a random sample of the terms")
    options.add_argument("--thinnings", type=int, default=3, help="draws of the counts")
    options.add_argument("--corpus", type=Path, help="directory of the training corpus, for its co-occurrence")
    options.add_argument("--parts", nargs="+", default=["functions", "vectors", "markers"])
    options.add_argument("--name", default="model_comparison", help="name of the CSV file")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    if len(args.models) < 2 and not args.corpus:
        options.error("give two models or more")
    scgsfm.settings.verbosity = 0
    warnings.simplefilter("ignore", GeneSetWarning)  # problems in the files
    models = {Path(name).name: scgsfm.models.load(name) for name in args.models}
    table = []
    for part in args.parts:
        for found in {"functions": functions, "vectors": vectors, "markers": markers}[part](args, models):
            for row in rows(found, args.seed):
                say(str(row))
                table.append(row)
    columns = ["task", "part", "n", "reference", "compared", "auroc", "difference", "low", "high"]
    report(args.name, pd.DataFrame(table, columns=columns), args.out)


if __name__ == "__main__":
    main()
