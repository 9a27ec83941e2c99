"""Reliability of the probabilities of a gene-set model, and the calibration by the size of the set.

    python benchmarks/probability_calibration.py --model gsfm-base

The calibration is a logistic regression of membership on the log-softmax of a gene, the logarithm of the number of
genes of the query, their product, and the entropy of the softmax. It is fitted on the hidden halves of terms, with
equal weight for pathways, GO and HPO, and measured on the kind of library that it was not fitted on:

- halves: half of the genes of a term are the query, the other half is hidden;
- table: the probabilities of `tl.predict_functions`, cross-validated for known genes, against the column `known`;
- later release: new genes of terms in an old release, against the genes that the new release added. Here the shipped
  calibration is used, since terms of both releases are in the libraries.

The calibration error is the sum over bins of |expected − observed members|, divided by the observed members. With
`--card FOLDER`, a calibration fitted on all libraries is written to the card of the model in that directory.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from charts import OTHER, OURS, STYLE
from gene_function import MIN_GENES, read_task
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from time_split import SPLITS, read_split

import scgsfm
from scgsfm.completion import cross_validate, predictions
from scgsfm.models.gsfm import GSFM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gene_function import Task
    from matplotlib.figure import Figure
    from scipy.sparse import csr_array

KINDS = {
    "kegg_2021_human": "pathways",
    "reactome_2024": "pathways",
    "wikipathways_2019": "pathways",
    "go_bp_2025": "GO",
    "hpo": "HPO",
}
FEATURES = ("slope", "log_size", "slope_log_size", "entropy")
EDGES = np.array([0, 0.001, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
SIZES = {"5–15": (5, 15), "16–50": (16, 50), "51–150": (51, 150), "151–500": (151, 500), "> 500": (501, 10**9)}
N_TOP, N_OTHER, N_BOOT = 400, 150, 500
BEFORE, AFTER = "slope and intercept", "by size"


def sample(model: GSFM, task: Task, rng: np.random.Generator) -> np.ndarray:
    """Pairs of a term and a gene outside the query: the four features, membership and weight of each.

    The genes ranked highest, all hidden genes, and a sample of the others, which represents them by its weight.
    """
    rows = []
    for block, logits, _ in predictions(task.queries, model):
        level = log_softmax(logits.astype(np.float64), axis=1)
        entropy = -(np.exp(level) * level).sum(axis=1)
        queries, targets = task.queries[block].toarray() > 0, task.targets[block].toarray() > 0
        for i, (seen, hidden) in enumerate(zip(queries, targets, strict=True)):
            genes = np.flatnonzero(~seen)[2:]
            genes = genes[np.argsort(-level[i, genes])]
            rest = genes[N_TOP:][~hidden[genes[N_TOP:]]]
            drawn = rng.choice(rest, N_OTHER, replace=False)
            kept = np.concatenate([genes[:N_TOP], genes[N_TOP:][hidden[genes[N_TOP:]]], drawn])
            weight = np.where(np.arange(len(kept)) < len(kept) - N_OTHER, 1.0, len(rest) / N_OTHER)
            x, log_size = level[i, kept], np.full(len(kept), np.log(seen.sum()))
            same = np.full(len(kept), entropy[i])
            rows.append(np.column_stack([x, log_size, x * log_size, same, hidden[kept], weight]))
    return np.concatenate(rows)


def fit(pairs: dict[str, np.ndarray], n_terms: dict[str, int]) -> dict[str, float]:
    """The calibration from the pairs of some libraries; the kinds of libraries count equally, as do terms in a library."""
    kinds = [KINDS[name] for name in pairs]
    x = np.concatenate([rows[:, :4] for rows in pairs.values()])
    member = np.concatenate([rows[:, 4] for rows in pairs.values()])
    weight = np.concatenate([rows[:, 5] / n_terms[name] / kinds.count(KINDS[name]) for name, rows in pairs.items()])
    mean, spread = x.mean(axis=0), x.std(axis=0)
    # almost no ridge: there are millions of pairs for five numbers
    regression = LogisticRegression(C=1e6, solver="newton-cholesky", max_iter=200)
    regression.fit((x - mean) / spread, member, weight / weight.mean())
    weights = regression.coef_[0] / spread
    return dict(zip(FEATURES, weights.tolist(), strict=True)) | {
        "intercept": float(regression.intercept_[0] - weights @ mean)
    }


def calibrated(model: GSFM, by_size: dict[str, float] | None) -> GSFM:
    """The model with this calibration by size, or without one."""
    calibration = {key: model.metadata["calibration"][key] for key in ("slope", "intercept")}
    if by_size is not None:
        calibration["by_size"] = by_size
    return GSFM(model.module, model.genes, name=model.name, metadata={"calibration": calibration})


def halves(models: dict[str, GSFM], task: Task) -> Iterator[dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Probabilities by each calibration, membership, and whether a pair counts, for blocks of queries × genes."""
    for block, logits, _ in predictions(task.queries, next(iter(models.values()))):
        queries, member = task.queries[block], task.targets[block].toarray() > 0
        counts = queries.toarray() == 0
        counts[:, :2] = False
        sizes = np.diff(queries.indptr)
        yield {name: (model.probabilities(logits, sizes), member, counts) for name, model in models.items()}


def tables(
    models: dict[str, GSFM], members: csr_array
) -> Iterator[dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """The same for the table of `tl.predict_functions`."""
    known = {name: cross_validate(members, model) for name, model in models.items()}
    for block, logits, _ in predictions(members, next(iter(models.values()))):
        entries = slice(members.indptr[block.start], members.indptr[block.stop])
        member = members[block].toarray() > 0
        counts = np.ones(member.shape, bool)
        counts[:, :2] = False
        found = {}
        for name, model in models.items():
            probability = model.probabilities(logits, np.diff(members[block].indptr))
            probability[members[block].nonzero()] = known[name].probability[entries]
            found[name] = probability, member, counts
        yield found


class Sums:
    """Sums over the pairs of each term, in bins of the probability."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []

    def add(self, probability: np.ndarray, member: np.ndarray, counts: np.ndarray) -> None:
        """Add a block of terms × genes."""
        n_bins = len(EDGES)
        row, gene = np.nonzero(counts)
        p, y = probability[row, gene].astype(np.float64), member[row, gene]
        cell = row * n_bins + np.searchsorted(EDGES, p, side="right") - 1
        sums = [np.bincount(cell, values, len(counts) * n_bins) for values in (np.ones(len(p)), p, y, (p - y) ** 2)]
        self.parts.append(np.stack(sums, axis=1).reshape(len(counts), n_bins, 4))

    @property
    def values(self) -> np.ndarray:
        """Number of pairs, expected and observed members, squared error: terms × bins × 4."""
        return np.concatenate(self.parts)


def measures(sums: np.ndarray) -> np.ndarray:
    """Expected members, calibration error and squared error, each per observed member."""
    of_bins = sums.sum(axis=0)
    _, expected, observed, squared = of_bins.sum(axis=0)
    return np.array([expected, np.abs(of_bins[:, 1] - of_bins[:, 2]).sum(), squared]) / max(observed, 1)


def measured(
    task: str, library: str, sums: dict[str, np.ndarray], sizes: np.ndarray, seed: int
) -> Iterator[tuple[Any, ...]]:
    """Rows of the table: by the size of the terms, and for all of them, with intervals over the terms."""
    for label, (low, high) in {"all": (0, 10**9), **SIZES}.items():
        inside = np.flatnonzero((sizes >= low) & (sizes <= high))
        if len(inside) < MIN_GENES:
            continue
        drawn = np.random.default_rng(seed).integers(len(inside), size=(N_BOOT, len(inside)))
        for name, values in sums.items():
            part = values[inside]
            bounds = np.quantile([measures(part[rows]) for rows in drawn], (0.025, 0.975), axis=0)
            each = [number for triple in zip(measures(part), *bounds, strict=True) for number in triple]
            yield task, library, label, name, len(inside), int(part[:, :, 2].sum()), *each


def curve(task: str, library: str, sums: dict[str, np.ndarray], seed: int) -> Iterator[tuple[Any, ...]]:
    """Rows of the table of reliability: predicted and observed share in each bin, with intervals over the terms."""
    for name, values in sums.items():
        drawn = np.random.default_rng(seed).integers(len(values), size=(N_BOOT, len(values)))
        total = values.sum(axis=0)
        counts = np.stack([np.bincount(rows, minlength=len(values)) for rows in drawn])
        again = np.einsum("bt,tks->bks", counts, values[:, :, [0, 2]])
        for i in np.flatnonzero(total[:, 0]):
            low, high = np.quantile(again[:, i, 1] / np.maximum(again[:, i, 0], 1), (0.025, 0.975))
            n, expected, observed, _ = total[i]
            yield task, library, name, EDGES[i], int(n), expected / n, observed / n, low, high


def draw(table: pd.DataFrame, reliability: pd.DataFrame) -> Figure:
    """Observed against predicted share, and expected members by the size of the term, for each library."""
    from matplotlib import pyplot as plt

    libraries = {"kegg_2021_human": "KEGG", "reactome_2024": "Reactome", "go_bp_2025": "GO BP", "hpo": "HPO"}
    colors = {BEFORE: OTHER, AFTER: OURS}
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(2, 4, figsize=(10, 5.4), sharey="row", layout="constrained")
        for column, (library, title) in zip(axes.T, libraries.items(), strict=True):
            column[0].plot([0, 1], [0, 1], color="#8C8C8C", linewidth=1, linestyle="--")
            for name, color in colors.items():
                chosen = (reliability["task"] == "table") & (reliability["library"] == library)
                rows = reliability[chosen & (reliability["calibration"] == name) & (reliability["n_pairs"] >= 100)]
                column[0].fill_between(
                    rows["predicted"], rows["low"], rows["high"], color=color, alpha=0.18, linewidth=0
                )
                column[0].plot(rows["predicted"], rows["observed"], color=color, marker="o", markersize=4, label=name)
                chosen = (table["task"] == "table") & (table["library"] == library) & (table["size"] != "all")
                rows = table[chosen & (table["calibration"] == name)]
                place = [list(SIZES).index(size) for size in rows["size"]]
                column[1].vlines(place, rows["expected_low"], rows["expected_high"], color=color, linewidth=2)
                column[1].plot(place, rows["expected"], color=color, marker="o", markersize=4)
            column[1].axhline(1, color="#8C8C8C", linewidth=1, linestyle="--")
            column[1].set_yscale("log")
            column[1].set_xticks(range(len(SIZES)), list(SIZES), rotation=45)
            column[0].set(title=title, xlabel="predicted probability", xlim=(0, 1), ylim=(0, 1))
            column[1].set_xlabel("genes of the term")
        axes[0, 0].set_ylabel("share of known genes")
        axes[1, 0].set_ylabel("expected / observed genes")
        axes[1, 0].set_yticks([0.1, 0.3, 1, 3, 10], ["0.1", "0.3", "1", "3", "10"])
        axes[0, 2].legend(loc="upper left", fontsize=9)
    return figure


def write_card(folder: Path, by_size: dict[str, float]) -> None:
    """Add the calibration to a card, and renew the card's checksum."""
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["calibration"]["by_size"] = {key: round(value, 5) for key, value in by_size.items()}
    card["calibration"]["by_size_fitted_on"] = f"hidden halves of terms of {', '.join(KINDS)}"
    text = json.dumps(card, indent=2) + "\n"
    (folder / "card.json").write_text(text, encoding="utf-8")
    checksums = json.loads((folder / "checksums.json").read_text(encoding="utf-8"))
    checksums["card.json"] = hashlib.sha256(text.encode()).hexdigest()
    (folder / "checksums.json").write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--max-terms", type=int, help="size of a random sample of the terms of each library")
    options.add_argument("--table-terms", type=int, default=500, help="the same for the table of tl.predict_functions")
    options.add_argument("--card", type=Path, help="directory of a model whose card gets the calibration")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args(argv)
    scgsfm.settings.verbosity = 0
    model = scgsfm.models.load(args.model)
    rng = np.random.default_rng(args.seed)
    files = {name: data_file(args.data, f"genesets/bench/{name}.gmt.gz") for name in KINDS}
    tasks = {
        name: read_task(file, model.genes, repeats=1, max_terms=args.max_terms, seed=args.seed, min_genes=5)
        for name, file in files.items()
    }
    pairs = {}
    for name, task in tasks.items():
        pairs[name] = sample(model, task, rng)
        say(f"{name}: {len(pairs[name]):,} pairs of {len(task.terms):,} terms")
    n_terms = {name: len(task.terms) for name, task in tasks.items()}
    shipped = fit(pairs, n_terms)
    say(f"fitted on all libraries: {shipped}")
    if args.card is not None:
        write_card(args.card, shipped)

    found: list[tuple[str, str, dict[str, Sums], np.ndarray]] = []
    with tempfile.TemporaryDirectory() as cache:
        scgsfm.settings.cache_dir = Path(cache)
        for name, task in tasks.items():
            others = {other: rows for other, rows in pairs.items() if KINDS[other] != KINDS[name]}
            models = {BEFORE: calibrated(model, None), AFTER: calibrated(model, fit(others, n_terms))}
            chosen = np.sort(rng.permutation(len(task.terms))[: args.table_terms])
            members = (task.queries + task.targets)[chosen].tocsr()
            members.sort_indices()
            for kind, blocks, sizes in (
                ("halves", halves(models, task), task.sizes),
                ("table", tables(models, members), task.sizes[chosen]),
            ):
                found.append((kind, name, collect(models, blocks), sizes))
                say(f"{name}, {kind}")
        models = {BEFORE: calibrated(model, None), AFTER: calibrated(model, shipped)}
        for split in SPLITS:
            old, new = split.split(":")
            paths = [data_file(args.data, f"genesets/bench/{release}.gmt.gz") for release in (old, new)]
            task = read_split(*paths, model.genes, min_new=0)
            found.append(("later release", f"{old} → {new}", collect(models, halves(models, task)), task.sizes))
    rows = [row for kind, name, sums, sizes in found for row in measured(kind, name, values(sums), sizes, args.seed)]
    names = [f"{measure}{end}" for measure in ("expected", "error", "squared_error") for end in ("", "_low", "_high")]
    table = pd.DataFrame(rows, columns=["task", "library", "size", "calibration", "n_terms", "n_members", *names])
    rows = [row for kind, name, sums, _ in found for row in curve(kind, name, values(sums), args.seed)]
    columns = ["task", "library", "calibration", "from", "n_pairs", "predicted", "observed", "low", "high"]
    reliability = pd.DataFrame(rows, columns=columns)
    report("probability_calibration", table, args.out)
    report("probability_reliability", reliability, args.out)
    draw(table, reliability).savefig(args.out / "probability_calibration.png", dpi=120)


def collect(models: dict[str, GSFM], blocks: Iterator[dict[str, tuple[np.ndarray, ...]]]) -> dict[str, Sums]:
    """The sums of each calibration over all blocks."""
    sums = {name: Sums() for name in models}
    for block in blocks:
        for name, values in block.items():
            sums[name].add(*values)
    return sums


def values(sums: dict[str, Sums]) -> dict[str, np.ndarray]:
    """The arrays of the sums."""
    return {name: each.values for name, each in sums.items()}


if __name__ == "__main__":
    main()
