"""R3LM on regulatory DNA: activity on a held-out fold, validity of explanations, known biology, and speed.

The data directory contains `mpra`. The embedded model was trained on folds 0 to 6 and three quarters of fold 7; the rest of
fold 7 selected its network and set the weights of its branches. The penalty of the baselines is selected on fold 7, then they
are trained on folds 0 to 7. All figures are on fold 8.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from scipy import linalg, sparse, stats

import scgsfm
from scgsfm.dna import N, encode
from scgsfm.errors import TraceError
from scgsfm.models.r3lm import Measured, read_measured
from scgsfm.motifs import Motifs, P
from scgsfm.regulatory import check_trace, composition, shuffle_effects, shuffled, write_reasoning

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from scgsfm.models.r3lm import R3LM

TABLE = "mpra/lentimpra_joint_folds0-8.tsv.gz"
VALIDATION, TEST = 7, 8
OTHER = "mpra/mattioli2019_POOL1_pMPRA1_HepG2_K562_HeLa.tsv.gz"
PARTS = ("activity", "modes", "averaging", "transfer", "explanations", "families", "scanning", "speed")
PENALTIES = (300.0, 3000.0, 30_000.0)
K = 7
N_SCANNED = 57_000
EXPECTED = {
    "K562": "GATA, TAL",
    "HepG2": "HNF1, HNF4, CEBP",
    "WTC11": "POU5F1, SOX2",
}
"""Known transcription factors of the cell lines, shown with those that the model finds."""
N_SHUFFLED = 2
N_BOOTSTRAPS = 1000
N_SHOWN = 10
MIN_HITS = 40
"""Number of hits from which the mean effect of a family or factor is reported."""


def ridge(x: Any, measured: Measured) -> np.ndarray:
    """Predictions for the test fold by ridge regression, its penalty chosen on the validation fold."""
    x = sparse.csr_array(x) if sparse.issparse(x) else np.asarray(x, np.float32)
    best, _ = _ridge(x, measured, measured.fold < VALIDATION, measured.fold == VALIDATION, PENALTIES)
    return _ridge(x, measured, measured.fold < TEST, measured.fold == TEST, [best])[1]


def _ridge(
    x: Any, measured: Measured, train: np.ndarray, other: np.ndarray, penalties: Sequence[float]
) -> tuple[float, np.ndarray]:
    """The penalty with the best predictions of other rows, and these predictions."""
    y = measured.activity
    mean = np.asarray(x[train].mean(axis=0)).ravel()
    n = int(train.sum())
    if not sparse.issparse(x):  # single precision suffices for the squares of centered columns only
        x, mean = x - mean, np.zeros_like(mean)
    gram = x[train].T @ x[train]
    gram = np.asarray(gram.todense() if sparse.issparse(gram) else gram, np.float64) - n * np.outer(mean, mean)
    spread = np.sqrt(np.maximum(np.diag(gram) / n, 1e-6))
    offset = y[train].mean(axis=0)
    cross = (x[train].T @ (y[train] - offset)) / spread[:, None]
    scaled = gram / np.outer(spread, spread)
    best = -2.0, 0.0, np.empty(0)
    for penalty in penalties:
        weights = linalg.solve(scaled + penalty * np.eye(len(scaled)), cross, assume_a="pos") / spread[:, None]
        predicted = np.asarray(x[other] @ weights) - mean @ weights + offset
        r = float(np.mean(pearson(predicted, y[other])))
        if r > best[0]:
            best = r, penalty, predicted
    return best[1:]


def pearson(predicted: np.ndarray, true: np.ndarray) -> list[float]:
    return [float(np.corrcoef(*pair)[0, 1]) for pair in zip(predicted.T, true.T, strict=True)]


def kmers(sequences: list[str]) -> sparse.csr_array:
    """Counts of k-mers, each together with its reverse complement."""
    codes = encode(sequences)[0].reshape(len(sequences), -1).astype(np.int64)
    n = codes.shape[1] - K + 1
    forward = sum(codes[:, i : i + n] * 4 ** (K - 1 - i) for i in range(K))
    reverse = sum((3 - codes[:, i : i + n]) * 4**i for i in range(K))
    ids = np.minimum(forward, reverse).ravel()
    rows = np.repeat(np.arange(len(sequences)), n)
    counts = sparse.csr_array((np.ones(len(ids), np.float32), (rows, ids)), shape=(len(sequences), 4**K))
    counts.sum_duplicates()
    return counts[:, np.unique(ids)]


def baselines(measured: Measured, motifs: Motifs) -> Iterator[tuple[str, np.ndarray]]:
    hits = motifs.scan(measured.sequences)
    counts = np.zeros((len(measured.sequences), len(motifs)), np.float32)
    np.add.at(counts, (hits.sequence, hits.motif), 1)
    yield "ridge on numbers of hits of each motif", ridge(counts, measured)
    yield f"ridge on {K}-mers", ridge(kmers(measured.sequences), measured)
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
    if args.no_baselines and (table := args.out / "regulatory_activity.csv").exists():
        earlier = pd.read_csv(table, comment="#")
        rows += earlier[earlier["method"].str.startswith("ridge")].to_dict("records")
    for mode, what in (("card", "what cards are made from"), ("sequence", "sequence"), ("joint", "both")):
        add(f"r3lm-mini, {what}", model.predict(test.sequences, mode=mode), len(test.sequences))
    n = min(args.cards, len(test.sequences))
    cards = [model.cards(test.sequences[:n], cell) for cell in model.cell_types]
    for reasoning, what in (("none", "card only"), ("generated", "card and generated reasoning")):
        predicted = [model.read(block, reasoning=reasoning) for block in cards]
        add(f"r3lm-mini, language model: {what}", np.column_stack(predicted), n)
    traces = [
        [write_reasoning(card, float(y)) for card, y in zip(block, test.activity[:n, k], strict=True)]
        for k, block in enumerate(cards)
    ]
    gold = [model.read(block, reasoning=written) for block, written in zip(cards, traces, strict=True)]
    add("r3lm-mini, language model: gold reasoning, which knows the level (upper bound)", np.column_stack(gold), n)
    return pd.DataFrame(rows)


def modes(args: argparse.Namespace, model: R3LM, measured: Measured) -> pd.DataFrame:
    """Mean r of all ways to predict, on the same sequences, and how far each is from the language model with the card."""
    test = measured.of(measured.fold == TEST)
    n = min(args.cards, len(test.sequences))
    sequences, true = test.sequences[:n], test.activity[:n]
    cards = [model.cards(sequences, cell) for cell in model.cell_types]
    read = lambda reasoning: np.column_stack([model.read(block, reasoning=reasoning) for block in cards])
    predicted = {
        "sequence": model.predict(sequences, mode="sequence"),
        "card (features behind it)": model.predict(sequences, mode="card"),
        "joint": model.predict(sequences, mode="joint"),
        "language model, card": read("none"),
        "language model, card and generated reasoning": read("generated"),
    }
    rng = np.random.default_rng(0)
    samples = rng.integers(n, size=(N_BOOTSTRAPS, n))
    mean_r = {
        name: np.array([np.mean(pearson(values[rows], true[rows])) for rows in samples])
        for name, values in predicted.items()
    }
    baseline = mean_r["language model, card"]
    rows = []
    for name, values in predicted.items():
        low, high = np.quantile(mean_r[name], [0.025, 0.975])
        below, above = np.quantile(mean_r[name] - baseline, [0.025, 0.975])
        r = np.mean(pearson(values, true))
        difference = r - np.mean(pearson(predicted["language model, card"], true))
        rows.append(
            {
                "prediction from": name,
                "sequences": n,
                "mean r": f"{r:.3f} ({low:.3f}, {high:.3f})",
                "compared with language model, card": (
                    "" if name == "language model, card" else f"{difference:+.3f} ({below:+.3f}, {above:+.3f})"
                ),
            }
        )
        say(str(rows[-1]))
    return pd.DataFrame(rows)


AVERAGES: dict[str, tuple[int | None, ...]] = {
    "one strand": (None,),
    "both strands (the default)": (0,),
    "shifts 0 and 1": (0, 1),
    "shifts -2, 0 and 2": (-2, 0, 2),
    "shifts -4, 0 and 4": (-4, 0, 4),
    "shifts -4 to 4": tuple(range(-4, 5)),
}
"""Shifts in bases; None is one strand. Bases that a shift leaves open are N, as in training."""


def averaging(args: argparse.Namespace, model: R3LM, measured: Measured) -> pd.DataFrame:
    """Mean r of averages over strands and shifts; the weights of the branches are fitted on the validation part."""
    group = pd.read_csv(data_file(args.data, TABLE), sep="\t", usecols=["homology_group"])["homology_group"].to_numpy()
    parts = {
        "validation": measured.of((measured.fold == VALIDATION) & (group % 4 == 0)),
        "fold 8": measured.of(measured.fold == TEST),
    }
    codes = {name: encode(part.sequences)[0].reshape(len(part.sequences), -1) for name, part in parts.items()}
    card = {name: model.predict(part.sequences, mode="card") for name, part in parts.items()}
    values: dict[tuple[int | None, str], np.ndarray] = {}
    seconds: dict[int | None, float] = {}
    for shift in (None, *range(-4, 5)):
        begun = time.process_time()
        for name, each in codes.items():
            values[shift, name] = shifted(model, each, shift)
        seconds[shift] = time.process_time() - begun
    n = sum(map(len, codes.values()))
    rows = []
    for method, shifts in AVERAGES.items():
        row: dict[str, Any] = {"prediction": method}
        mixed: dict[str, np.ndarray] = {}
        for name, part in parts.items():
            mixed[name] = np.mean([values[shift, name] for shift in shifts], axis=0)
            row[f"sequence, {name}"] = np.mean(pearson(mixed[name], part.activity))
        joint = {name: np.empty_like(part.activity) for name, part in parts.items()}
        for k in range(len(model.cell_types)):
            x = {
                name: np.column_stack([mixed[name][:, k], card[name][:, k], np.ones(len(card[name]))]) for name in parts
            }
            weights = np.linalg.lstsq(x["validation"], parts["validation"].activity[:, k], rcond=None)[0]
            for name in parts:
                joint[name][:, k] = x[name] @ weights
        row |= {f"joint, {name}": np.mean(pearson(joint[name], part.activity)) for name, part in parts.items()}
        row["network: sequences a CPU second"] = round(n / sum(seconds[shift] for shift in shifts))
        rows.append(row)
        say(str(row))
    return pd.DataFrame(rows).round(4)


def shifted(model: R3LM, codes: np.ndarray, shift: int | None) -> np.ndarray:
    """Predictions of the networks for sequences shifted by some bases, on both strands, or on the given one for None."""
    import torch

    from scgsfm.models.r3lm._network import CPU_BATCH, one_hot

    by = shift or 0
    moved = np.full_like(codes, N)
    moved[:, max(by, 0) : codes.shape[1] + min(by, 0)] = codes[:, max(-by, 0) : codes.shape[1] - max(by, 0)]
    networks: Any = model.module.activity.sequence
    out = []
    with torch.inference_mode():
        for batch in np.array_split(moved, -(-len(moved) // CPU_BATCH)):
            x = one_hot(torch.from_numpy(batch))
            values = [network(x) if shift is None else network.both_strands(x) for network in networks]
            out.append(torch.stack(values).mean(0).numpy())
    return np.concatenate(out)


def transfer(args: argparse.Namespace, model: R3LM) -> pd.DataFrame:
    """Rank correlation with another assay: elements of 114 bases on plasmids that are not integrated."""
    cells = ["HepG2", "K562"]
    table = pd.read_csv(data_file(args.data, OTHER), sep="\t").dropna(subset=cells)
    sequences = table["sequence"].tolist()
    predictions = {
        "r3lm-mini, both": model.predict(sequences),
        "r3lm-mini, sequence": model.predict(sequences, mode="sequence"),
        "r3lm-mini, what cards are made from": model.predict(sequences, mode="card"),
        "GC content": np.tile(composition(sequences)[:, :1], (1, len(model.cell_types))),
    }
    rows = []
    for method, predicted in predictions.items():
        rho = [stats.spearmanr(predicted[:, model.cell_types.index(cell)], table[cell])[0] for cell in cells]
        rows.append({"method": method, "elements": len(sequences)} | dict(zip(cells, rho, strict=True)))
        say(str(rows[-1]))
    return pd.DataFrame(rows).round(3)


def explained(args: argparse.Namespace, model: R3LM, measured: Measured) -> pd.DataFrame:
    """Whether explanations hold in new shuffles of their motifs."""
    test = measured.of(measured.fold == TEST)
    rng = np.random.default_rng(0)
    checks = []
    for k, cell in enumerate(model.cell_types):
        agree, exceeds, n_invalid = [], [], 0
        predict = lambda sequences, k=k: model.predict(sequences)[:, k]
        for i in rng.permutation(len(test.sequences))[: args.explained]:
            explanation = model.explain(test.sequences[i], cell, rng=int(i))
            hits, sign = explanation.card.hits, explanation.cited
            n_invalid += not is_valid(explanation)
            named = np.flatnonzero(sign)
            if not len(named):
                continue
            cited = [(hits[j].start, hits[j].end) for j in named]
            uncited = other_intervals(cited, len(explanation.card.sequence), rng)
            _, losses = shuffle_effects(predict, explanation.card.sequence, [*cited, *uncited], rng=rng)
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
                "traces that cite what is not on the card": n_invalid,
            }
        )
        say(str(checks[-1]))
    return pd.DataFrame(checks)


def families(args: argparse.Namespace, model: R3LM, measured: Measured) -> pd.DataFrame:
    """Mean effects of sites: the largest of families in each cell line, and the most specific ones of factors."""
    test = measured.of(measured.fold == TEST)
    rng = np.random.default_rng(0)
    by: dict[str, dict[str, list[np.ndarray]]] = {"family": defaultdict(list), "name": defaultdict(list)}
    sample = rng.permutation(len(test.sequences))[: args.families]
    for card in model.cards([test.sequences[i] for i in sample], model.cell_types[0]):
        intervals = [(hit.start, hit.end) for hit in card.hits]
        changed = [shuffled(card.sequence, *interval, rng) for interval in intervals for _ in range(N_SHUFFLED)]
        values = model.predict([card.sequence, *changed])
        losses = (values[0] - values[1:]).reshape(len(intervals), N_SHUFFLED, -1).mean(axis=1)
        for hit, loss in zip(card.hits, losses, strict=True):
            for group, found in by.items():
                found[getattr(hit, group)].append(loss)
    means = {
        group: {key: np.mean(v, axis=0) for key, v in found.items() if len(v) >= MIN_HITS}
        for group, found in by.items()
    }
    rows = []
    for k, cell in enumerate(model.cell_types):
        most = {key: mean[k] for key, mean in means["family"].items()}
        above = {key: mean[k] - np.delete(mean, k).max() for key, mean in means["name"].items()}
        listed = [
            ", ".join(f"{key} {of[key]:+.2f}" for key in sorted(of, key=lambda key: -of[key])[:N_SHOWN])
            for of in (most, above)
        ]
        rows.append(
            {
                "cell line": cell,
                "expected": EXPECTED.get(cell, ""),
                "families, mean effect of a site": listed[0],
                "factors, the same less that in the next cell line": listed[1],
            }
        )
        say(str(rows[-1]))
    return pd.DataFrame(rows)


def is_valid(explanation: Any) -> bool:
    """Whether a trace cites only its card."""
    try:
        check_trace(explanation.trace, explanation.card)
    except TraceError:
        return False
    return True


def other_intervals(intervals: list[tuple[int, int]], length: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """For each interval, another one of its length with the least overlap with the given ones."""
    taken = np.zeros(length, bool)
    for start, end in intervals:
        taken[start:end] = True
    out = []
    for start, end in intervals:
        width = end - start
        overlap = np.convolve(taken, np.ones(width), "valid")
        free = np.flatnonzero(overlap == overlap.min())
        at = int(rng.choice(free))
        out.append((at, at + width))
    return out


def scanners(motifs: Motifs) -> Iterator[tuple[str, Callable[[list[str]], int]]]:
    """The embedded scanner and other installed ones, prepared in advance, for both strands at the same p-value."""
    yield "scgsfm", lambda sequences: len(motifs.scan(sequences))
    matrices = [motifs.counts[a:b] for a, b in zip(motifs.starts[:-1], motifs.starts[1:], strict=True)]
    for name, make in {"lightmotif": _lightmotif, "MOODS": _moods, "memelite": _memelite}.items():
        try:
            scan = make(matrices)
        except ImportError:
            say(f"{name} is not installed")
        else:
            yield name, scan


def _lightmotif(matrices: list[np.ndarray]) -> Callable[[list[str]], int]:
    import lightmotif

    ready = []
    for counts in matrices:
        columns = {letter: np.rint(counts[:, i]).astype(int).tolist() for i, letter in enumerate("ACGT")}
        scores = lightmotif.CountMatrix(columns).normalize(0.1).log_odds()
        ready += [(strand, strand.score(P)) for strand in (scores, scores.reverse_complement())]

    def scan(sequences: list[str]) -> int:
        joined = lightmotif.stripe("N".join(sequences))  # a long sequence is scanned faster than many short ones
        return sum(1 for strand, least in ready for _ in lightmotif.scan(strand, joined, threshold=least))

    return scan


def _moods(matrices: list[np.ndarray]) -> Callable[[list[str]], int]:
    import MOODS.scan
    import MOODS.tools

    background = MOODS.tools.flat_bg(4)
    scores = [MOODS.tools.log_odds(counts.T.tolist(), background, 0.1) for counts in matrices]
    scores += [MOODS.tools.reverse_complement(score, 4) for score in scores]
    scanner = MOODS.scan.Scanner(7)
    scanner.set_motifs(scores, background, [MOODS.tools.threshold_from_p(s, background, P, 4) for s in scores])
    return lambda sequences: sum(map(len, scanner.scan("N".join(sequences))))


def _memelite(matrices: list[np.ndarray]) -> Callable[[list[str]], int]:
    from memelite import fimo

    motifs = {str(i): (m.T + 0.025) / (m.sum(axis=1) + 0.1) for i, m in enumerate(matrices)}

    def scan(sequences: list[str]) -> int:
        codes = encode(sequences)[0].reshape(len(sequences), -1)
        one_hot = (np.arange(4)[:, None] == codes[:, None, :]).astype(np.int8)
        return sum(map(len, fimo(motifs, one_hot, threshold=P)))

    return scan


def scanning(args: argparse.Namespace, measured: Measured) -> pd.DataFrame:
    motifs = Motifs.embedded("jaspar2024")
    sequences = (measured.sequences * 2)[: args.scanned]
    rows = []
    for name, scan in scanners(motifs):
        scan(sequences[:10])
        begun, cpu = time.perf_counter(), time.process_time()
        n = scan(sequences)
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
    options.add_argument("--model", default="r3lm-mini", help="name or directory")
    options.add_argument("--only", nargs="+", choices=PARTS)
    options.add_argument(
        "--cards", type=int, default=2000, help="number of sequences that the language model reads (%(default)s)"
    )
    options.add_argument(
        "--explained", type=int, default=150, help="number of sequences explained in each cell type (%(default)s)"
    )
    options.add_argument(
        "--families", type=int, default=6000, help="number of sequences whose sites are shuffled (%(default)s)"
    )
    options.add_argument("--scanned", type=int, default=N_SCANNED, help="number of sequences to scan (%(default)s)")
    options.add_argument("--predicted", type=int, default=4000, help="number of sequences for timing (%(default)s)")
    options.add_argument(
        "--no-baselines",
        action="store_true",
        help="take the baselines, which do not depend on the model, from the last table",
    )
    args = options.parse_args()
    parts = args.only or PARTS
    model: Any = scgsfm.models.load(args.model)
    measured = read_measured(data_file(args.data, TABLE), model.cell_types)
    if "activity" in parts:
        report("regulatory_activity", activity(args, model, measured), args.out)
    if "modes" in parts:
        report("regulatory_modes", modes(args, model, measured), args.out)
    if "averaging" in parts:
        report("regulatory_averaging", averaging(args, model, measured), args.out)
    if "transfer" in parts:
        report("regulatory_transfer", transfer(args, model), args.out)
    if "explanations" in parts:
        report("regulatory_explanations", explained(args, model, measured), args.out)
    if "families" in parts:
        report("regulatory_families", families(args, model, measured), args.out)
    if "scanning" in parts:
        report("regulatory_scanning", scanning(args, measured), args.out)
    if "speed" in parts:
        report("regulatory_speed", speed(args, model, measured), args.out)


if __name__ == "__main__":
    main()
