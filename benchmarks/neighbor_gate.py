"""A learned gate of the neighbors: would another weight of their term for each set be better?

    python benchmarks/neighbor_gate.py --run RUN

RUN is that of `training/gsfm_base.py`. The gate is a logistic function of features of the set (its size, how coherent
it is, how network and neighbors agree, and others), fitted to the AUROC of every other held-out set at several weights,
and judged on the others: the mean over the groups, with paired 95 % bootstraps. For comparison: the weight that is best
for the group of a set, chosen on the first half, and for the set itself, chosen with its answers. A second table has the
gate on gene functions and later releases (medians over the terms, bootstraps over the terms). One pass, without recall.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from _common import data_file, parser, report, say
from gene_function import LIBRARIES, aurocs, read_task
from kinds import hold_out, interval, open_corpus
from model_comparison import sampled
from scipy.sparse import csr_array
from time_split import SPLITS, read_split

import scgsfm

if TYPE_CHECKING:
    from scgsfm.models.gsfm import GSFM

WEIGHTS = np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65, 0.85, 1.1, 1.5, 2, 3, 5, 20])
FEATURES = (
    "coherence",
    "log size",
    "agreement of network and neighbors",
    "coherence in the network",
    "spread of the logits",
    "spread of the neighbors",
    "popularity",
    "number of neighbors",
    "share of genes with neighbors",
    "mean cosine",
    "share of genes reached",
)


def curves(model: GSFM, queries: csr_array, targets: csr_array, universe: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUROC of each set at each weight, and the features of the set."""
    start, neighbors, cosines = (part.numpy() for part in model.module.neighbours.graph)
    graph = csr_array((cosines, neighbors, start), shape=(len(model.genes),) * 2)
    floor, found, features = model.module.neighbours.floor, [], []
    unit = lambda x: ((x - x.mean(1, keepdims=True)) / x.std(1, ddof=1, keepdims=True).clip(1e-12)).astype(np.float32)
    degree = np.diff(start)
    for first in range(0, queries.shape[0], 256):
        query, target = queries[first : first + 256], targets[first : first + 256]
        size = np.diff(query.indptr)
        share = csr_array((query.data / np.repeat(size, size), query.indices, query.indptr), shape=query.shape)
        own = lambda x, share=share: np.asarray(share.multiply(x).sum(axis=1)).ravel()
        logits, cosine = model.decode(model.encode(query)), (share @ graph).toarray()
        level = np.log1p(cosine / floor)
        network, near = unit(logits), unit(level)
        columns = [own(near), np.log(size), (network * near).mean(1), own(network), logits.std(1), level.std(1)]
        columns += [share @ model.popularity, share @ np.log1p(degree), share @ (degree > 0).astype(np.float32)]
        features.append(np.stack([*columns, own(cosine), (cosine > 0).mean(1)], axis=1))
        parts = query.indptr, query.indices, target.indptr, target.indices
        found.append(np.stack([aurocs(network + np.float32(w) * near, universe, *parts) for w in WEIGHTS], axis=1))
    return np.concatenate(found), np.concatenate(features)


def at(values: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """AUROC of each set at a weight, interpolated."""
    grid, wanted = torch.log1p(4 * torch.tensor(WEIGHTS)), torch.log1p(4 * weights.clamp(0, 20)).contiguous()
    i = (torch.searchsorted(grid, wanted, right=True) - 1).clamp(0, len(grid) - 2)
    share, rows = (wanted - grid[i]) / (grid[i + 1] - grid[i]), torch.arange(len(values))
    return values[rows, i] * (1 - share) + values[rows, i + 1] * share


class Gate:
    """Twice the limit times a logistic function of standardized features."""

    def __init__(self, values: torch.Tensor, features: torch.Tensor, importance: torch.Tensor, n_features: int) -> None:
        some = features[:, :n_features]
        self.mean, self.spread, self.n_features = some.mean(0), some.std(0), n_features
        start = torch.zeros(n_features + 2, dtype=torch.float64)
        start[n_features] = -2.0
        self.fitted = start.requires_grad_()
        optimizer = torch.optim.Adam([self.fitted], lr=0.03)
        for _ in range(600):
            loss = 1e-4 * self.fitted[:n_features].square().sum() - (at(values, self(features)) * importance).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        self.fitted.requires_grad_(requires_grad=False)

    def __call__(self, features: torch.Tensor) -> torch.Tensor:
        *_, constant, limit = self.fitted
        x = (features[:, : self.n_features] - self.mean) / self.spread
        return 2 * torch.nn.functional.softplus(limit) * torch.sigmoid(x @ self.fitted[: self.n_features] + constant)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--run", type=Path, required=True, help="directory of `training/gsfm_base.py`")
    options.add_argument("--max-terms", type=int, default=400, help="size of a random sample of the terms")
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    model = scgsfm.models.load("gsfm-base")
    now = lambda features: (
        model.module.neighbours.weight * (features[:, 0] / model.module.neighbours.coherence).clamp(0, 1)
    )
    judge = hold_out(open_corpus(args.run, args.run), args.run)[1]
    group, first, genes = judge.kind, np.arange(len(judge.kind)) % 2 == 0, np.arange(2, len(model.genes))
    measured = {
        name: tuple(map(torch.tensor, curves(model, query, judge.hidden, genes)))
        for name, query in (("half of the set", judge.seen), ("five genes", judge.few))
    }
    values, features = (torch.cat(parts)[np.tile(first, 2)] for parts in zip(*measured.values(), strict=True))
    count = np.bincount(group[first])
    importance = torch.tensor(1 / count[np.tile(group[first], 2)] / (count > 0).sum())
    gates = {
        "coherence": Gate(values, features, importance, 1),
        f"{len(FEATURES)} features": Gate(values, features, importance, len(FEATURES)),
    }
    rows = []
    for name, (values, features) in measured.items():
        before = at(values, now(features)).numpy()
        found = {f"gate from {label}": at(values, gate(features)).numpy() for label, gate in gates.items()}
        best = {i: values[first & (group == i)].mean(0).argmax() for i in np.unique(group)}
        found["best weight of the group"] = values.numpy()[np.arange(len(group)), [best[i] for i in group]]
        found["best weight of the set, with its answers"] = values.numpy().max(1)
        for label, after in found.items():
            gain = (after - before)[~first]
            by_group = [gain[group[~first] == i].mean() for i in np.unique(group)]
            rows.append((label, name, *interval(gain, group[~first]), min(by_group)))
            say(str(rows[-1]))
    columns = ["gate", "query", "difference", "low", "high", "worst_group"]
    report("neighbor_gate", pd.DataFrame(rows, columns=columns), args.out)
    file = lambda name: data_file(args.data, f"genesets/bench/{name}.gmt.gz")
    tasks = {n: read_task(file(n), model.genes[2:], repeats=2, max_terms=args.max_terms) for n in LIBRARIES}
    for old, new in (split.split(":") for split in SPLITS):
        tasks[f"{old} → {new}"] = sampled(read_split(file(old), file(new), model.genes[2:]), args.max_terms, 0)
    rows = []
    for name, task in tasks.items():
        moved = [
            csr_array((part.data, part.indices + 2, part.indptr), shape=(part.shape[0], len(model.genes)))
            for part in (task.queries, task.targets)
        ]
        values, features = map(torch.tensor, curves(model, *moved, task.universe + 2))
        term = lambda auroc, n=task.repeats: np.median(np.asarray(auroc).reshape(-1, n), axis=1)
        before = term(at(values, now(features)))
        drawn = np.random.default_rng(0).integers(len(before), size=(1000, len(before)))
        found = {f"gate from {label}": (gate(features), at(values, gate(features))) for label, gate in gates.items()}
        for weight in (0.3, 1.5):
            found[f"weight {weight} for all"] = torch.tensor([weight]), values[:, np.flatnonzero(weight == WEIGHTS)[0]]
        for label, (weight, auroc) in found.items():
            after = term(auroc)
            low, high = np.quantile(np.median(after[drawn], 1) - np.median(before[drawn], 1), (0.025, 0.975))
            middle = np.median(before), np.median(after)
            weights = float(now(features).mean()), float(weight.mean())
            rows.append((name, label, len(after), *weights, *middle, middle[1] - middle[0], low, high))
            say(str(rows[-1]))
    columns = ["task", "gate", "n", "weight_now", "weight", "now", "auroc", "difference", "low", "high"]
    report("neighbor_gate_functions", pd.DataFrame(rows, columns=columns), args.out)


if __name__ == "__main__":
    main()
