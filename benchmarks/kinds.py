"""Kinds of gene sets: completion of held-out sets when the model knows what they are.

    python benchmarks/kinds.py --run RUN

RUN is that of `training/gsfm_base.py`, with its corpus and held-out sets. Rows: the mean AUROC of the groups of a kind,
for half of each set and for five of its genes, without a kind, with its own, and with each other one (mean). Only every
other held-out set is used; the remaining ones calibrated the probabilities. Intervals are paired 95 % bootstraps
over the sets of each group. A second table has the later releases and libraries of functions with two kinds.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from gene_function import LIBRARIES, over, read_task, run
from model_comparison import sampled
from scipy.sparse import csr_array
from time_split import SPLITS, read_split

import scgsfm
from scgsfm.completion import SetKinds
from scgsfm.kernels import auroc

sys.path.append(str(Path(__file__).resolve().parents[1] / "training"))
from gsfm_base import hold_out, open_corpus
from gsfm_kinds import KINDS, half_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _baselines import Score


def of_each_set(logits: Score, query: csr_array, hidden: csr_array) -> np.ndarray:
    """AUROC of the hidden genes of each set among all genes that are not in it."""
    found, genes = [], np.arange(2, query.shape[1])
    for first in range(0, query.shape[0], 256):
        part, target = query[first : first + 256], hidden[first : first + 256]
        both, rows = csr_array(part + target), np.arange(part.shape[0])
        share = auroc(logits(part), target.indptr, target.indices, rows, both.indptr, both.indices, genes)
        found.append(np.add.reduceat(share, target.indptr[:-1]) / np.diff(target.indptr))
    return np.concatenate(found)


def interval(difference: np.ndarray, group: np.ndarray, *, n_boot: int = 2000, seed: int = 0) -> tuple[float, ...]:
    """Mean over the groups of their mean differences, and its 95 % bootstrap interval."""
    rng, parts = np.random.default_rng(seed), [difference[group == i] for i in np.unique(group)]
    drawn = [part[rng.integers(len(part), size=(n_boot, len(part)))].mean(axis=1) for part in parts]
    return float(np.mean([part.mean() for part in parts])), *np.quantile(np.mean(drawn, axis=0), (0.025, 0.975))


def held_out(folder: Path, model: scgsfm.models.gsfm.GSFM, *, others: bool) -> Iterator[tuple]:
    """One row for each kind and form of the query."""
    corpus = open_corpus(folder, folder)
    judge, kinds = hold_out(corpus, folder)[1], SetKinds.embedded()
    for kind, groups in KINDS.items():
        half = half_of(judge, [corpus.groups.index(group) for group in groups], first=False)
        for name, query in (("half of the set", half.seen), ("five genes", half.few)):
            values = {None: of_each_set(model.logits, query, half.hidden)}
            for other in KINDS if others else [kind]:
                values[other] = of_each_set(kinds.model(model, other).logits, query, half.hidden)
            mean = {key: interval(value, half.kind)[0] for key, value in values.items()}
            wrong = np.mean([mean[key] for key in mean if key not in (None, kind)]) if others else np.nan
            difference = interval(values[kind] - values[None], half.kind)
            yield kind, name, len(half.kind), mean[None], mean[kind], *difference, wrong


def functions(folder: Path | None, model: scgsfm.models.gsfm.GSFM, kind: str, max_terms: int) -> Iterator[tuple]:
    """One row for each library and later release."""
    genes, kinds = model.genes[2:], SetKinds.embedded()
    file = lambda name: data_file(folder, f"genesets/bench/{name}.gmt.gz")
    tasks = {name: read_task(file(name), genes, repeats=2, max_terms=max_terms) for name in LIBRARIES}
    for old, new in (split.split(":") for split in SPLITS):
        tasks[f"{old} → {new}"] = sampled(read_split(file(old), file(new), genes), max_terms, 0)
    for name, task in tasks.items():
        without, given = (
            run(over(genes, model, logits), task)["auroc"].to_numpy()
            for logits in (model.logits, kinds.model(model, kind).logits)
        )
        drawn = np.random.default_rng(0).integers(len(given), size=(1000, len(given)))
        low, high = np.quantile(np.median(given[drawn], 1) - np.median(without[drawn], 1), (0.025, 0.975))
        middle = np.median(without), np.median(given)
        yield name, kind, len(given), *middle, middle[1] - middle[0], low, high


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--run", type=Path, required=True, help="directory of `training/gsfm_base.py`")
    options.add_argument("--max-terms", type=int, default=400, help="size of a random sample of the terms")
    options.add_argument("--no-others", action="store_true", help="do not try the kinds that a set does not have")
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    model, rows = scgsfm.models.load("gsfm-base"), []
    for row in held_out(args.run, model, others=not args.no_others):
        say(str(row))
        rows.append(row)
    measured = ["n", "without", "with", "difference", "low", "high"]
    table = pd.DataFrame(rows, columns=["kind", "query", *measured, "other_kinds"])
    report("kinds", table.dropna(axis=1, how="all"), args.out)
    rows = []
    for kind in ("functional module", "literature"):
        for row in functions(args.data, model, kind, args.max_terms):
            say(str(row))
            rows.append(row)
    report("kinds_functions", pd.DataFrame(rows, columns=["task", "kind", *measured]), args.out)


if __name__ == "__main__":
    main()
