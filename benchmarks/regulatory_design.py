"""Design of elements and saturation mutagenesis: independent scores, known motifs, and speed.

The data directory contains `mpra`. Elements are drawn from fold 8, which the embedded model was not trained on, among those
with a measured activity below the median in all cell types. Designs are compared with random edits: the same number of
changes at random positions. The independent model is a ridge regression on the best scores and numbers of hits of motifs
and on composition, trained on sequences of folds 0 to 7. Intervals are 95 % bootstrap intervals over elements.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from regulatory import TABLE, TEST, pearson
from scipy import linalg

import scgsfm
from scgsfm.models.r3lm import read_measured
from scgsfm.regulatory import composition

if TYPE_CHECKING:
    import argparse

    from scgsfm.models.r3lm import R3LM, Measured

PARTS = ("design", "speed")
PENALTY = 3000.0
N_BOOTSTRAPS = 2000
KNOWN = {
    "HepG2": r"HNF1[AB]|HNF4[AG]|FOXA\d|CEBP[ABDEG]",
    "K562": r"GATA\d|TAL1|GATA1::TAL1",
    "WTC11": r"SOX2|POU5F1|POU2F1|POU3F\d",
}
"""Factors known for each cell line."""


class MotifRidge:
    """Activity from the best scores and numbers of hits of motifs, and from composition."""

    def __init__(self, model: R3LM, train: Measured) -> None:
        self.motifs = model.motifs
        x = self._features(train.sequences)
        self.mean, self.scale = x.mean(axis=0), np.sqrt(x.var(axis=0) + 1e-6)
        x = (x - self.mean) / self.scale
        self.offset = train.activity.mean(axis=0)
        gram = (x.T @ x).astype(np.float64) + PENALTY * np.eye(x.shape[1])
        self.weights = linalg.solve(gram, x.T @ (train.activity - self.offset), assume_a="pos")

    def _features(self, sequences: list[str]) -> np.ndarray:
        hits = self.motifs.scan(sequences)
        counts = np.zeros((len(sequences), len(self.motifs)), np.float32)
        np.add.at(counts, (hits.sequence, hits.motif), 1)
        return np.hstack([self.motifs.best(sequences), np.minimum(counts, 4), composition(sequences)[:, :18]])

    def predict(self, sequences: list[str]) -> np.ndarray:
        return ((self._features(sequences) - self.mean) / self.scale) @ self.weights + self.offset


def interval(values: np.ndarray) -> str:
    """Mean and its 95 % bootstrap interval."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(N_BOOTSTRAPS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():.2f} ({low:.2f}, {high:.2f})"


def random_edits(sequence: str, n: int, rng: np.random.Generator) -> str:
    bases = list(sequence)
    for at in rng.choice(len(sequence), n, replace=False):
        bases[at] = "ACGT".replace(bases[at], "")[rng.integers(3)]
    return "".join(bases)


def known_sites(model: R3LM, sequences: list[str], cell: str) -> np.ndarray:
    """Number of motifs of known factors on the card of each sequence."""
    cards = model.cards(sequences, cell)
    return np.array([sum(re.search(KNOWN[cell], hit.name, re.I) is not None for hit in card.hits) for card in cards])


def designs(args: argparse.Namespace, model: R3LM, measured: Measured) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Gains by each model, and sites of known factors."""
    rng = np.random.default_rng(args.seed)
    test = measured.of(measured.fold == TEST)
    low = np.flatnonzero((test.activity < np.median(test.activity, axis=0)).all(axis=1))
    train_rows = rng.permutation(np.flatnonzero(measured.fold < TEST))[: args.trained]
    ridge = MotifRidge(model, measured.of(train_rows))
    r = pearson(ridge.predict(test.sequences[:3000]), test.activity[:3000])
    say(f"ridge: {np.mean(r):.3f} on fold {TEST}")
    starts = [test.sequences[i] for i in rng.permutation(low)[: args.elements]]
    scorers = {
        "network and card": model.predict,
        "card": lambda sequences: model.predict(sequences, mode="card"),
        "motif ridge": ridge.predict,
    }
    rows, sites = [], []
    for method in args.methods:
        for k, cell in enumerate(model.cell_types):
            found = scgsfm.tl.design_elements(starts, cell, method=method, max_changes=args.changes, rng=args.seed)
            table = found["designs"]
            ends = table["sequence"].tolist()
            by_chance = [
                random_edits(text, n, rng)
                for text, n in zip(starts, table["n_changes"], strict=True)
                for _ in range(args.random)
            ]
            for name, predict in scorers.items():
                before, after, chance = (np.asarray(predict(each)) for each in (starts, ends, by_chance))
                gain = after - before
                random_gain = chance.reshape(len(starts), args.random, -1).mean(axis=1) - before
                others = np.delete(gain, k, axis=1)
                rows.append(
                    {
                        "cell": cell,
                        "method": method,
                        "elements": len(starts),
                        "changes": table["n_changes"].mean(),
                        "scored by": name,
                        "gain": interval(gain[:, k]),
                        "random edits": interval(random_gain[:, k]),
                        "difference": interval(gain[:, k] - random_gain[:, k]),
                        "designs above random": float((gain[:, k] > random_gain[:, k]).mean()),
                        "shift in other cells": interval(others.mean(axis=1)),
                        "r on fold 8": r[k] if name == "motif ridge" else np.nan,
                    }
                )
                say(str(rows[-1]))
            counts = [known_sites(model, each, cell) for each in (starts, ends, by_chance)]
            per_start = counts[2].reshape(len(starts), args.random).mean(axis=1)
            sites.append(
                {
                    "cell": cell,
                    "method": method,
                    "factors": KNOWN[cell].replace("|", ", "),
                    "elements": len(starts),
                    "sites before": interval(counts[0]),
                    "sites after": interval(counts[1]),
                    "sites after random edits": interval(per_start),
                    "designs with more sites": float((counts[1] > counts[0]).mean()),
                    "random edits with more sites": float((counts[2] > np.repeat(counts[0], args.random)).mean()),
                    "motifs gained most": most_gained(found["steps"]),
                }
            )
            say(str(sites[-1]))
    return pd.DataFrame(rows), pd.DataFrame(sites)


def most_gained(steps: pd.DataFrame, n: int = 8) -> str:
    """The motifs that the steps of designs gain most often, less those that they lose."""
    counts = pd.Series(dtype=int)
    for column, sign in (("gained", 1), ("lost", -1)):
        names = steps[column].str.split(", ").explode()
        counts = counts.add(sign * names[names != ""].value_counts(), fill_value=0)
    top = counts.sort_values(ascending=False, kind="stable").head(n)
    return ", ".join(f"{name} {count:.0f}" for name, count in top.items())


def speed(args: argparse.Namespace, model: R3LM, measured: Measured) -> pd.DataFrame:
    """Time of all variants of elements, together and one by one, and how far both agree."""
    sequences = measured.sequences[: args.saturated]
    rows = []
    for mode in ("card", "joint"):
        model.predict_substitutions(sequences[:1], mode=mode)
        begun, cpu = time.perf_counter(), time.process_time()
        table = scgsfm.tl.saturation_mutagenesis(sequences=sequences, mode=mode)
        seconds, used = time.perf_counter() - begun, time.process_time() - cpu
        alone = sequences[: args.alone]
        variants = [s[:i] + base + s[i + 1 :] for s in alone for i in range(len(s)) for base in "ACGT" if base != s[i]]
        begun, cpu = time.perf_counter(), time.process_time()
        expected = model.predict(variants, mode=mode)
        one_by_one, cpu_alone = time.perf_counter() - begun, time.process_time() - cpu
        own = np.repeat(model.predict(alone, mode=mode), 3 * model.length, axis=0)
        part = table[(table["ref"].astype(str) != table["alt"].astype(str))].iloc[: len(variants)]
        difference = np.abs(part[model.cell_types].to_numpy() - (expected - own)).max()
        scale = len(sequences) / len(alone)
        rows.append(
            {
                "mode": mode,
                "elements": len(sequences),
                "variants": 600 * len(sequences),
                "seconds": seconds,
                "CPU seconds": used,
                "each variant alone, seconds": one_by_one * scale,
                "each variant alone, CPU seconds": cpu_alone * scale,
                "largest difference": difference,
            }
        )
        say(str(rows[-1]))
    return pd.DataFrame(rows)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--only", nargs="+", choices=PARTS)
    options.add_argument("--elements", type=int, default=100, help="number of elements designed (%(default)s)")
    options.add_argument("--changes", type=int, default=10, help="largest number of changes (%(default)s)")
    options.add_argument("--methods", nargs="+", default=["greedy"], choices=["greedy", "evolutionary"])
    options.add_argument("--random", type=int, default=10, help="random edits of each element (%(default)s)")
    options.add_argument("--trained", type=int, default=20_000, help="sequences for the ridge regression (%(default)s)")
    options.add_argument("--saturated", type=int, default=200, help="number of elements for timing (%(default)s)")
    options.add_argument(
        "--alone", type=int, default=10, help="elements whose variants are predicted one by one (%(default)s)"
    )
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    model: Any = scgsfm.models.load("r3lm-mini")
    measured = read_measured(data_file(args.data, TABLE), model.cell_types)
    if "design" in (args.only or PARTS):
        gains, sites = designs(args, model, measured)
        report("regulatory_design", gains, args.out)
        report("regulatory_design_motifs", sites, args.out)
    if "speed" in (args.only or PARTS):
        report("regulatory_saturation", speed(args, model, measured), args.out)


if __name__ == "__main__":
    main()
