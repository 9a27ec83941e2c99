"""R3LM on regulatory DNA: activity on a held-out fold, whether explanations are true, known biology, and speed.

The data folder holds `mpra/lentimpra_joint_folds0-8.tsv.gz` and `motifs`. The embedded model was trained on folds 0 to 6,
and fold 7 weighed its branches; baselines have the same folds to learn from. All figures are of fold 8.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from scipy import linalg, sparse

import scgsfm
from scgsfm.models.r3lm import Motifs
from scgsfm.models.r3lm._examples import Measured, read_measured
from scgsfm.models.r3lm._explanation import shuffle_effects
from scgsfm.models.r3lm._features import composition
from scgsfm.models.r3lm._letters import encode
from scgsfm.models.r3lm._reasoning import write_reasoning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scgsfm.models.r3lm import R3LM

TABLE = "mpra/lentimpra_joint_folds0-8.tsv.gz"
VALIDATION, TEST = 7, 8
PENALTIES = (300.0, 3000.0, 30_000.0)
WORD = 7
N_SCANNED = 57_000
EXPECTED = {
    "K562": "GATA, TAL",
    "HepG2": "HNF1, HNF4, CEBP",
    "WTC11": "POU5F1, SOX2",
}
"""What is known of the cell lines, beside the families that the model finds."""
LEAST = 10
"""Hits of a family below which its mean effect isn't told."""


def ridge(x: Any, measured: Measured) -> np.ndarray:
    """Predictions for the test fold by ridge regression, its penalty chosen on the validation fold."""
    train, validation, test = (measured.fold < VALIDATION, measured.fold == VALIDATION, measured.fold == TEST)
    y = measured.activity
    x = sparse.csr_array(x) if sparse.issparse(x) else np.asarray(x, np.float32)
    mean = np.asarray(x[train].mean(axis=0)).ravel()
    n = int(train.sum())
    if not sparse.issparse(x):  # single precision holds the squares only of what is centred
        x, mean = x - mean, np.zeros_like(mean)
    gram = x[train].T @ x[train]
    gram = np.asarray(gram.todense() if sparse.issparse(gram) else gram, np.float64) - n * np.outer(mean, mean)
    spread = np.sqrt(np.maximum(np.diag(gram) / n, 1e-6))
    offset = y[train].mean(axis=0)
    cross = (x[train].T @ (y[train] - offset)) / spread[:, None]
    scaled = gram / np.outer(spread, spread)
    best: tuple[float, np.ndarray] = (-1.0, np.empty(0))
    for penalty in PENALTIES:
        weights = linalg.solve(scaled + penalty * np.eye(len(scaled)), cross, assume_a="pos") / spread[:, None]
        says = lambda rows, w=weights: np.asarray(x[rows] @ w) - mean @ w + offset
        r = float(np.mean(pearson(says(validation), y[validation])))
        if r > best[0]:
            best = r, says(test)
    return best[1]


def pearson(predicted: np.ndarray, true: np.ndarray) -> list[float]:
    return [float(np.corrcoef(*pair)[0, 1]) for pair in zip(predicted.T, true.T, strict=True)]


def words(sequences: list[str]) -> sparse.csr_array:
    """Counts of words of both strands."""
    codes = encode(sequences)[0].reshape(len(sequences), -1).astype(np.int64)
    n = codes.shape[1] - WORD + 1
    there = sum(codes[:, i : i + n] * 4 ** (WORD - 1 - i) for i in range(WORD))
    back = sum((3 - codes[:, i : i + n]) * 4**i for i in range(WORD))
    ids = np.minimum(there, back).ravel()
    rows = np.repeat(np.arange(len(sequences)), n)
    counts = sparse.csr_array((np.ones(len(ids), np.float32), (rows, ids)), shape=(len(sequences), 4**WORD))
    counts.sum_duplicates()
    return counts[:, np.unique(ids)]


def baselines(measured: Measured, motifs: Motifs) -> Iterator[tuple[str, np.ndarray]]:
    hits = motifs.scan(measured.sequences)
    counts = np.zeros((len(measured.sequences), len(motifs)), np.float32)
    np.add.at(counts, (hits.sequence, hits.motif), 1)
    yield "ridge on numbers of hits of each motif", ridge(counts, measured)
    yield f"ridge on {WORD}-mers", ridge(words(measured.sequences), measured)
    best = motifs.best(measured.sequences)
    both = np.hstack([best, np.minimum(counts, 4), composition(measured.sequences)[:, :18]])
    yield "ridge on best scores, numbers of hits and composition", ridge(both, measured)


def activity(args: argparse.Namespace, model: R3LM, measured: Measured) -> pd.DataFrame:
    """Pearson's r and RMSE of each cell type."""
    test = measured.of(measured.fold == TEST)
    rows = []

    def add(method: str, predicted: np.ndarray, n: int) -> None:
        true = test.activity[:n]
        rmse = np.sqrt(((predicted - true) ** 2).mean(axis=0))
        for cell, r, error in zip(measured.cell_types, pearson(predicted, true), rmse, strict=True):
            rows.append({"method": method, "cell": cell, "r": r, "rmse": error, "n": n})
        say(f"{method}: {np.mean([row['r'] for row in rows[-3:]]):.3f}")

    for method, predicted in baselines(measured, model.motifs) if not args.no_baselines else ():
        add(method, predicted, len(predicted))
    for mode, what in (("card", "what cards are made from"), ("sequence", "sequence"), ("joint", "both")):
        add(f"r3lm-mini, {what}", model.predict(test.sequences, mode=mode), len(test.sequences))
    n = min(args.cards, len(test.sequences))
    cards = [model.cards(test.sequences[:n], cell) for cell in model.cell_types]
    for reasoning, what in (("none", "card only"), ("generated", "card and generated reasoning")):
        found = [model.read(own, reasoning=reasoning) for own in cards]
        add(f"r3lm-mini, language model: {what}", np.column_stack(found), n)
    gold = [
        model.read(
            own, reasoning=[write_reasoning(c, float(y)) for c, y in zip(own, test.activity[:n, k], strict=True)]
        )
        for k, own in enumerate(cards)
    ]
    add("r3lm-mini, language model: gold reasoning, which knows the level (upper bound)", np.column_stack(gold), n)
    return pd.DataFrame(rows)


def explained(args: argparse.Namespace, model: R3LM, measured: Measured) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether explanations hold when their motifs are shuffled anew; and which families they name."""
    test = measured.of(measured.fold == TEST)
    rng = np.random.default_rng(0)
    checks, families = [], []
    for k, cell in enumerate(model.cell_types):
        agree, exceeds, strange = [], [], 0
        effects: dict[str, list[float]] = {}
        cited: dict[str, int] = {}
        predict = lambda sequences, k=k: model.predict(sequences)[:, k]
        for i in rng.permutation(len(test.sequences))[: args.explained]:
            explanation = model.explain(test.sequences[i], cell, rng=int(i))
            hits, sign = explanation.card.hits, explanation.cited
            strange += not known(explanation)
            for hit, effect, role in zip(hits, explanation.effects, sign, strict=True):
                effects.setdefault(hit.family, []).append(float(effect))
                cited[hit.family] = cited.get(hit.family, 0) + int(role > 0)
            named = np.flatnonzero(sign)
            if not len(named):
                continue
            places = [(hits[j].start, hits[j].end) for j in named]
            others = elsewhere(places, len(explanation.card.sequence), rng)
            _, losses = shuffle_effects(predict, explanation.card.sequence, [*places, *others], rng=rng)
            means = losses.mean(axis=1)
            agree += (np.sign(means[: len(named)]) == sign[named]).tolist()
            exceeds.append(np.abs(means[: len(named)]).sum() > np.abs(means[len(named) :]).sum())
        checks.append(
            {
                "cell": cell,
                "sequences": args.explained,
                "with claims": len(exceeds),
                "claims": len(agree),
                "of the claimed sign": np.mean(agree),
                "cited exceed uncited": np.mean(exceeds),
                "traces that cite what is not on the card": strange,
            }
        )
        say(str(checks[-1]))
        mean = {family: np.mean(values) for family, values in effects.items() if len(values) >= LEAST}
        top = sorted(mean, key=lambda family: -mean[family])[:8]
        listed = ", ".join(f"{family} {mean[family]:+.2f}" for family in top)
        families.append(
            {"cell line": cell, "expected": EXPECTED.get(cell, ""), "families, mean effect of a site": listed}
        )
    return pd.DataFrame(checks), pd.DataFrame(families)


def known(explanation: Any) -> bool:
    """Whether a trace cites its card alone."""
    from scgsfm._errors import TraceError
    from scgsfm.models.r3lm._trace import check

    try:
        check(explanation.trace, explanation.card)
    except TraceError:
        return False
    return True


def elsewhere(places: list[tuple[int, int]], length: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """For each place another of its length that overlaps none of them as far as there is room."""
    taken = np.zeros(length, bool)
    for start, end in places:
        taken[start:end] = True
    out = []
    for start, end in places:
        width = end - start
        overlap = np.convolve(taken, np.ones(width), "valid")
        free = np.flatnonzero(overlap == overlap.min())
        at = int(rng.choice(free))
        out.append((at, at + width))
    return out


def scanners(motifs: Motifs, sequences: list[str]) -> Iterator[tuple[str, Callable[[], int]]]:
    """The embedded scanner and others that are installed, at one p-value, both strands."""
    yield "scgsfm", lambda: len(motifs.scan(sequences))
    matrices = [motifs.counts[a:b] for a, b in zip(motifs.starts[:-1], motifs.starts[1:], strict=True)]
    try:
        import lightmotif
    except ImportError:
        say("lightmotif is not installed")
    else:
        yield "lightmotif", partial(_lightmotif, lightmotif, matrices, sequences)
    try:
        from memelite import fimo
    except ImportError:
        say("memelite is not installed")
    else:
        yield "memelite", partial(_memelite, fimo, matrices, sequences)


def _lightmotif(lightmotif: Any, matrices: list[np.ndarray], sequences: list[str]) -> int:
    striped = [lightmotif.stripe(sequence) for sequence in sequences]
    n = 0
    for counts in matrices:
        columns = {letter: counts[:, i].tolist() for i, letter in enumerate("ACGT")}
        scores = lightmotif.CountMatrix(columns).normalize(0.1).log_odds()
        for strand in (scores, scores.reverse_complement()):
            threshold = strand.score(5e-5)
            n += sum(1 for sequence in striped for _ in lightmotif.scan(strand, sequence, threshold=threshold))
    return n


def _memelite(fimo: Any, matrices: list[np.ndarray], sequences: list[str]) -> int:
    motifs = {str(i): (m.T + 0.025) / (m.sum(axis=1) + 0.1) for i, m in enumerate(matrices)}
    codes = encode(sequences)[0].reshape(len(sequences), -1)
    one_hot = (np.arange(4)[:, None] == codes[:, None, :]).astype(np.int8)
    return sum(map(len, fimo(motifs, one_hot, threshold=5e-5)))


def scanning(args: argparse.Namespace, measured: Measured) -> pd.DataFrame:
    motifs = Motifs.embedded("jaspar2024")
    sequences = (measured.sequences * 2)[: args.scanned]
    rows = []
    for name, scan in scanners(motifs, sequences):
        motifs.scan(sequences[:10])
        begun, cpu = time.perf_counter(), time.process_time()
        n = scan()
        seconds, used = time.perf_counter() - begun, time.process_time() - cpu
        rows.append(
            {
                "scanner": name,
                "sequences": len(sequences),
                "motifs": len(motifs),
                "hits": n,
                "seconds": seconds,
                "CPU seconds": used,
            }
        )
        say(str(rows[-1]))
    return pd.DataFrame(rows)


def speed(args: argparse.Namespace, model: R3LM, measured: Measured) -> pd.DataFrame:
    sequences = measured.sequences[: args.predicted]
    rows = []
    for mode in ("joint", "sequence", "card"):
        model.predict(sequences[:64], mode=mode)
        begun, cpu = time.perf_counter(), time.process_time()
        model.predict(sequences, mode=mode)
        seconds, used = time.perf_counter() - begun, time.process_time() - cpu
        rows.append(
            {"mode": mode, "sequences a second": len(sequences) / seconds, "a CPU second": len(sequences) / used}
        )
        say(str(rows[-1]))
    return pd.DataFrame(rows).round(0).astype({"sequences a second": int, "a CPU second": int})


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="r3lm-mini", help="name or folder")
    options.add_argument("--only", nargs="+", choices=["activity", "explanations", "scanning", "speed"])
    options.add_argument(
        "--cards", type=int, default=2000, help="sequences that the language model reads (%(default)s)"
    )
    options.add_argument("--explained", type=int, default=150, help="sequences explained a cell type (%(default)s)")
    options.add_argument("--scanned", type=int, default=N_SCANNED, help="sequences to scan (%(default)s)")
    options.add_argument("--predicted", type=int, default=4000, help="sequences to time predictions on (%(default)s)")
    options.add_argument("--no-baselines", action="store_true", help="leave the baselines out")
    args = options.parse_args()
    parts = args.only or ["activity", "explanations", "scanning", "speed"]
    model: Any = scgsfm.models.load(args.model)
    measured = read_measured(data_file(args.data, TABLE), model.cell_types)
    if "activity" in parts:
        report("regulatory_activity", activity(args, model, measured), args.out)
    if "explanations" in parts:
        checks, families = explained(args, model, measured)
        report("regulatory_explanations", checks, args.out)
        report("regulatory_families", families, args.out)
    if "scanning" in parts:
        report("regulatory_scanning", scanning(args, measured), args.out)
    if "speed" in parts:
        report("regulatory_speed", speed(args, model, measured), args.out)


if __name__ == "__main__":
    main()
