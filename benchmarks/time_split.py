"""Genes that a later release of a library adds to a term, ranked by the earlier release.

    python benchmarks/time_split.py --model gsfm-base --corpus FOLDER

For each term of both releases, its genes in the old release are the query, and the genes added by the new one are the
targets, ranked among all other genes of the new release that are not in the old term. Terms are matched by their GO
id, or by their name without punctuation. Genes of both releases are mapped to the vocabulary, so that a renamed gene
does not count as new.

A second table ranks, for each gene, the terms that will list it among all terms that do not list it yet, and compares
the values by which they could be ordered. A third table compares the reliability that `tl.predict_functions` reports
for a term (the cross-validated AUROC of its old genes) with the AUROC of the genes added later.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from gene_function import Task, methods, run, summary
from scipy.sparse import csr_array
from scipy.stats import rankdata, spearmanr

import scgsfm
from scgsfm.completion import cross_validate, predictions, zscores
from scgsfm.errors import GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.models.gsfm import GSFM

SPLITS = ("kegg_2016:kegg_2021_human", "go_bp_2018:go_bp_2025")
MIN_OLD, MIN_NEW = 5, 3
QUARTERS = ("lowest quarter", "second", "third", "highest quarter")

ORDERS = (
    "logit",
    "probability",
    "z-score",
    "logit in standard deviations",
    "logit in standard deviations + ½ log size (the rank)",
)


def identity(name: str) -> str:
    """Identifier of a term in all releases."""
    if found := re.search(r"GO:\d{7}", name):
        return found[0]
    plain = re.sub(r"\s*\([^()]*\)$", "", name.partition("_Homo sapiens_")[0])
    return re.sub(r"[^a-z0-9]", "", plain.casefold())


def read_split(old: Path, new: Path, genes: Sequence[str], *, min_new: int = MIN_NEW) -> Task:
    """Genes of terms in the old release as queries, those added by the new one as targets."""
    libraries = [scgsfm.GeneSets(path) for path in (old, new)]
    members = [sets.membership(genes).astype(np.float32) for sets in libraries]
    place = [{identity(name): i for i, name in enumerate(sets)} for sets in libraries]
    shared = [name for name in place[0] if name in place[1]]
    before, after = (rows[[at[name] for name in shared]] for rows, at in zip(members, place, strict=True))
    for rows in (before, after):
        rows.data[:] = 1
    added = after - after.multiply(before)
    added.eliminate_zeros()
    fits = np.flatnonzero((np.diff(before.indptr) >= MIN_OLD) & (np.diff(added.indptr) >= min_new))
    names = np.array(libraries[1].names, dtype=object)[[place[1][shared[i]] for i in fits]]
    queries, targets = before[fits].tocsr(), added[fits].tocsr()
    for rows in (queries, targets):
        rows.sort_indices()
    return Task(names.tolist(), np.diff(queries.indptr), queries, targets, np.unique(members[1].indices), 1)


def as_terms(task: Task, genes: Sequence[str], model: GSFM) -> csr_array:
    """The queries of a task over the vocabulary of a model."""
    queries = task.queries
    at = model.tokens(genes)[queries.indices]
    own = csr_array((queries.data, at, queries.indptr), shape=(queries.shape[0], len(model.genes)))
    own.sort_indices()
    return own


def orders(task: Task, genes: Sequence[str], model: GSFM) -> dict[str, np.ndarray]:
    """For each gene with new terms, their AUROC among all terms that did not list it, by each value of a prediction."""
    tokens, asked = model.tokens(genes), np.unique(task.targets.indices)
    own, blocks = as_terms(task, genes, model), []
    for block, logits, corrected in predictions(own, model):
        size = np.log(task.sizes[block])[:, None] / 2
        values = (
            logits,
            model.probabilities(logits, task.sizes[block]),
            zscores(corrected),
            zscores(logits),
            zscores(logits) + size,
        )
        blocks.append([value[:, tokens[asked]] for value in values])
    new, old = (rows[:, asked].toarray() > 0 for rows in (task.targets, task.queries))
    found = {}
    for name, parts in zip(ORDERS, zip(*blocks, strict=True), strict=True):
        ranks = rankdata(np.where(old, -np.inf, np.concatenate(parts)), axis=0)
        n_new, n_old = new.sum(0), old.sum(0)
        n_other = len(new) - n_new - n_old
        above = (ranks * new).sum(0) - n_new * (n_new + 1) / 2 - n_new * n_old
        found[name] = (above / np.maximum(n_new * n_other, 1))[n_other > 0]
    return found


def agreement(reliability: np.ndarray, later: np.ndarray, *, n_boot: int = 1000, seed: int = 0) -> dict[str, str]:
    """Rank correlation with a bootstrap interval; medians of both for the quarters of the terms by reliability."""
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(reliability), size=(n_boot, len(reliability)))
    low, high = np.quantile([spearmanr(reliability[i], later[i])[0] for i in drawn], (0.025, 0.975))
    row = {"Spearman": f"{spearmanr(reliability, later)[0]:.2f} [{low:.2f}, {high:.2f}]"}
    parts = zip(QUARTERS, np.array_split(np.argsort(reliability, kind="stable"), len(QUARTERS)), strict=True)
    for quarter, terms in parts:
        row[quarter] = f"{np.median(reliability[terms]):.3f} / {np.median(later[terms]):.3f}"
    return row


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument(
        "--reference", help="directory of the published architecture and objective, trained on the same corpus"
    )
    options.add_argument(
        "--splits", nargs="+", default=SPLITS, help="OLD:NEW, names in DATA/genesets/bench or GMT files"
    )
    options.add_argument("--baselines", choices=["all", "none"], default="all")
    options.add_argument("--corpus", type=Path, help="directory of the training corpus; built there if it is empty")
    options.add_argument("--rank", type=int, default=128, help="rank of the truncated SVD")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    warnings.simplefilter("ignore", GeneSetWarning)  # problems in the files

    def file(name: str) -> Path:
        return Path(name) if Path(name).is_file() else data_file(args.data, f"genesets/bench/{name}.gmt.gz")

    models = {"published architecture and objective": args.reference, Path(args.model).name: args.model}
    models = {name: scgsfm.models.load(folder) for name, folder in models.items() if folder}
    known = set.intersection(*(set(model.genes) for model in models.values()))
    genes = [gene for gene in next(iter(models.values())).genes[2:] if gene in known]
    tasks = {}
    for split in args.splits:
        old, new = (file(name) for name in split.split(":"))
        tasks[f"{old.name.partition('.')[0]} → {new.name.partition('.')[0]}"] = read_split(old, new, genes)

    rows, turned, reliabilities = [], [], []
    for method, score in methods(args, genes, models):
        for split, task in tasks.items():
            aurocs = run(score, task)["auroc"].to_numpy()
            auroc, low, high = summary(aurocs, seed=args.seed)
            rows.append((method, split, auroc, low, high, len(task.terms), len(task.universe)))
            say(f"{method}, {split}: {auroc:.3f}")
            if method == Path(args.model).name:
                model = models[method]
                reliability = cross_validate(as_terms(task, genes, model), model).auroc
                found = agreement(reliability, aurocs, seed=args.seed)
                for value, by_gene in orders(task, genes, model).items():
                    turned.append((value, split, *summary(by_gene, seed=args.seed), len(by_gene)))
                reliabilities.append({"release": split, "terms": f"{len(aurocs):,}"} | found)
    columns = ["method", "library", "auroc", "low", "high", "n_terms", "n_universe"]
    report("time_split", pd.DataFrame(rows, columns=columns), args.out)
    report(
        "term_order", pd.DataFrame(turned, columns=["order", "library", "auroc", "low", "high", "n_genes"]), args.out
    )
    report("reliability", pd.DataFrame(reliabilities), args.out)


if __name__ == "__main__":
    main()
