"""Train the embedded R3LM: `python training/r3lm_mini.py --data FOLDER -o RUN --embed`.

FOLDER contains `mpra/lentimpra_joint_folds0-8.tsv.gz`, which is not part of the package. Fold 8 is never trained on and only
evaluated at the end. A quarter of fold 7, in whole groups of homologous sequences, selects the network and sets the weights of
the two branches.

The sequence networks are trained by `r3lm_distill.py` within `--seconds` on `--device`: large teachers on the measurements, then
small students on the teachers. The embedded ones took 3e16 floating-point operations: 9 minutes on a shared H100, which would be
about 100 hours on a core of a CPU. The script can also run elsewhere: `--prepare` only writes its data, RUN/distill.npz, and its
results are read from RUN/distilled. The rest takes about half an hour on one core. Each part is stored in RUN, so an interrupted
run can be resumed, and `--embed` copies the finished model into the package. The runs that made the embedded weights are listed
in the model's `card.json`, under `provenance`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import r3lm_distill
import torch
from r3lm_network import BranchConfig, train_branch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from scgsfm import settings
from scgsfm.dna import N, encode
from scgsfm.models._serialization import read_folder, write_folder
from scgsfm.models.r3lm import (
    R3LM,
    ActivityConfig,
    DecoderConfig,
    Examples,
    Measured,
    StageConfig,
    Tokens,
    build_module,
    make_examples,
    read_measured,
    units_of,
)
from scgsfm.models.r3lm._backbone import new_small
from scgsfm.models.r3lm._network import CardBranch, SequenceBranch, one_hot
from scgsfm.models.r3lm._tokenizer import MAX_TRACE
from scgsfm.models.r3lm.training._finetune import train_stage1, train_stage2
from scgsfm.motifs import Motifs
from scgsfm.regulatory import CardFeatures, Effects

EMBEDDED = Path(__file__).parents[1] / "src" / "scgsfm" / "data" / "models" / "r3lm-mini"
TABLE = "mpra/lentimpra_joint_folds0-8.tsv.gz"
CELL_TYPES = ["HepG2", "K562", "WTC11"]
VALIDATION, TEST = 7, 8
MOTIFS = "jaspar2026"
N_SCORED = 384
"""Number of motifs whose best scores are features, one from each group of similar motifs."""
CARD = BranchConfig(epochs=3, learning_rate=2e-3, batch_size=512, weight_decay=0.2, warmup=0.1)
DISTILLED = 0.6
"""Weight of the teachers' predictions, as opposed to measured activities, in the targets of the card branch."""
N_INVENTED = 60_000
"""Number of mutated and recombined sequences whose cards the card branch also learns, as the sequence network predicts them."""
CARD_HIDDEN = (768, 128)
DECODER = DecoderConfig(vocab_size=0, hidden_size=96, intermediate_size=256, num_hidden_layers=3)
SMALL = {"lora_rank": 0, "accumulate": 1, "clip": 1.0, "max_length": 64, "max_new": MAX_TRACE}
WRITE = StageConfig(epochs=2, learning_rate=2e-3, batch_size=64, **SMALL)
READ = StageConfig(epochs=3, learning_rate=1e-3, batch_size=128, **SMALL)
N_WRITE, N_READ = 12_000, 40_000
"""Number of sequences of the stages, each in one random cell type."""
QUANTILES = (0.25, 0.5, 0.75)


def representative_motifs(best: np.ndarray, n: int) -> np.ndarray:
    """The medoids of ``n`` clusters of motifs with correlated best scores."""
    distance = np.clip(1 - np.abs(np.corrcoef(best.T)), 0, None)
    np.fill_diagonal(distance, 0)
    group = fcluster(linkage(squareform(distance, checks=False), "average"), n, "maxclust")
    clusters = [np.flatnonzero(group == g) for g in np.unique(group)]
    return np.sort([members[distance[np.ix_(members, members)].sum(0).argmin()] for members in clusters])


def correlations(predicted: np.ndarray, true: np.ndarray) -> list[float]:
    """Pearson's r of each column."""
    return [float(np.corrcoef(*pair)[0, 1]) for pair in zip(predicted.T, true.T, strict=True)]


@torch.inference_mode()
def by_sequence(branch: SequenceBranch, codes: np.ndarray) -> np.ndarray:
    """Predictions for sequences, averaged over both strands."""
    parts = [
        branch.both_strands(one_hot(torch.from_numpy(x))).numpy() for x in np.array_split(codes, len(codes) // 128 + 1)
    ]
    return np.concatenate(parts)


@torch.inference_mode()
def by_card(branch: torch.nn.Module, features: np.ndarray) -> np.ndarray:
    """Predictions for features of cards."""
    return branch(torch.from_numpy(features)).numpy()  # type: ignore[no-any-return]


def filters(motifs: Motifs, width: int) -> np.ndarray:
    """Bits of each motif in the middle of a filter, of the most informative part if it is longer (motifs × 4 × width)."""
    out = np.zeros((len(motifs), 4, width), np.float16)
    for i in range(len(motifs)):
        counts = motifs.counts[motifs.starts[i] : motifs.starts[i + 1]]
        bits = np.log2((counts + 0.25) / (counts.sum(axis=1, keepdims=True) + 1) / 0.25)
        if len(bits) > width:
            information = np.convolve((bits * 2.0**bits).sum(axis=1), np.ones(width), "valid")
            bits = bits[information.argmax() :][:width]
        start = (width - len(bits)) // 2
        out[i, :, start : start + len(bits)] = bits.T
    return out


def blend(parts: list[np.ndarray], true: np.ndarray) -> np.ndarray:
    """Least-squares weights of the parts, and an offset, for each cell type (parts + 1 × cell types)."""
    columns = []
    for k in range(true.shape[1]):
        x = np.column_stack([*(part[:, k] for part in parts), np.ones(len(true))])
        columns.append(np.linalg.lstsq(x, true[:, k], rcond=None)[0])
    return np.array(columns).T


class Run:
    """The parts of a run, each kept in its folder."""

    def __init__(self, data: Path, out: Path, options: argparse.Namespace) -> None:
        self.out, self.options = out, options
        out.mkdir(parents=True, exist_ok=True)
        seconds = out / "seconds.json"
        self.seconds: dict[str, int] = json.loads(seconds.read_text()) if seconds.exists() else {}
        self.motifs = Motifs.embedded(MOTIFS)
        self.measured = read_measured(data / TABLE, CELL_TYPES)
        fold = self.measured.fold
        group = pd.read_csv(data / TABLE, sep="\t", usecols=["homology_group"])["homology_group"].to_numpy()
        self.validation, self.test = (fold == VALIDATION) & (group % 4 == 0), fold == TEST
        self.train = ~self.validation & ~self.test
        self.training: Measured = self.measured.of(self.train)
        self.units = units_of(self.training)
        self.targets = ((self.measured.activity - self.units[:, 0]) / self.units[:, 1]).astype(np.float32)
        self.codes = encode(self.measured.sequences)[0].reshape(len(fold), -1)
        self.scored, self.features = self._card_features()

    def _card_features(self) -> tuple[list[str], np.ndarray]:
        file = self.out / "features.npz"
        if not file.exists():
            some = np.flatnonzero(self.train)[::8]
            best = self.motifs.best([self.measured.sequences[i] for i in some])
            scored = [self.motifs.ids[i] for i in representative_motifs(best, N_SCORED)]
            features = CardFeatures(self.motifs, scored)(self.measured.sequences)
            np.savez(file, scored=np.array(scored), features=features)
        stored = np.load(file)
        return stored["scored"].tolist(), stored["features"]

    def prepare(self) -> Path:
        """Write the data of `r3lm_distill.py`, without the activities of the held-out fold."""
        file = self.out / "distill.npz"
        if not file.exists():
            y, role = self.targets.copy(), np.full(len(self.targets), 2, np.uint8)
            y[self.test] = 0
            role[self.train], role[self.validation] = r3lm_distill.TRAINED, r3lm_distill.VALIDATION
            motifs = filters(self.motifs, r3lm_distill.WIDTH)
            np.savez_compressed(file, packed=r3lm_distill.packed(self.codes), y=y, role=role, motifs=motifs)
        return file

    def distilled(self) -> tuple[SequenceBranch, np.ndarray, dict[str, Any]]:
        """The student that is best on the validation rows, predictions of the teachers, and the log of the training."""
        folder = self.out / "distilled"
        if not (folder / "students.npz").exists():
            wanted = {
                "data": self.prepare(),
                "out": folder,
                "device": self.options.device,
                "seconds": self.options.seconds,
            }
            r3lm_distill.main(arguments=[f"--{key}={value}" for key, value in wanted.items() if value is not None])
        log = json.loads((folder / "log.json").read_text())
        stored = np.load(folder / "students.npz")
        rows, found = self.validation, {}
        for name, sizes in r3lm_distill.STUDENTS.items():
            branch = SequenceBranch(ActivityConfig(len(CELL_TYPES), 1, **sizes))
            keys = [key for key in stored.files if key.startswith(f"{name}.")]
            branch.load_state_dict({key.partition(".")[2]: torch.from_numpy(stored[key]) for key in keys})
            r = float(np.mean(correlations(by_sequence(branch.eval(), self.codes[rows]), self.targets[rows])))
            found[name] = r, branch
            print(f"student {name}: r {r:.4f} on the validation rows", flush=True)
        name = max(found, key=lambda name: found[name][0])
        log["validation"] = {each: round(r, 4) for each, (r, _) in found.items()}
        log |= {"chosen": name, "students": log["students"][-1]}
        taught = np.load(folder / "predictions.npz")["predictions"].astype(np.float32).mean(0)
        return found[name][1], taught, log

    def sizes(self, student: str) -> ActivityConfig:
        sizes = r3lm_distill.STUDENTS[student]
        return ActivityConfig(len(CELL_TYPES), self.features.shape[1], card_hidden=CARD_HIDDEN, **sizes)

    def trained(
        self, branch: torch.nn.Module, name: str, config: BranchConfig, inputs: np.ndarray, targets: np.ndarray
    ) -> torch.nn.Module:
        begun, rows = time.process_time(), self.validation

        def measure(averaged: torch.nn.Module) -> float:
            return float(np.mean(correlations(by_card(averaged, self.features[rows]), self.targets[rows])))

        trained = train_branch(branch, inputs, targets, config, self.out / name, measure=measure)
        self._took(name, begun)
        return trained

    def _took(self, name: str, begun: float) -> None:
        if seconds := round(time.process_time() - begun):
            self.seconds[name] = self.seconds.get(name, 0) + seconds
            (self.out / "seconds.json").write_text(json.dumps(self.seconds))

    def invented(self) -> tuple[np.ndarray, np.ndarray]:
        """Sequences as the students saw, and the features of their cards."""
        file = self.out / "invented.npz"
        if not file.exists():
            torch.manual_seed(0)
            codes = r3lm_distill.Data(self.prepare(), torch.device("cpu")).invented(N_INVENTED).numpy()
            random = np.random.default_rng(0).integers(0, 4, codes.shape, np.uint8)
            codes = np.where(codes < N, codes, random)
            sequences = [bytes(row).decode() for row in np.frombuffer(b"ACGT", np.uint8)[codes]]
            np.savez(file, codes=codes, features=CardFeatures(self.motifs, self.scored)(sequences))
        stored = np.load(file)
        return stored["codes"], stored["features"]

    def card(self, network: SequenceBranch, sizes: ActivityConfig, taught: np.ndarray) -> torch.nn.Module:
        """The card branch, trained on a mixture of measurements and predictions of the teachers, and on invented sequences."""
        torch.manual_seed(0)
        branch, features = CardBranch(sizes), self.features[self.train]
        branch.mean[:], branch.scale[:] = (
            torch.from_numpy(features.mean(0)),
            torch.from_numpy(1 / (features.std(0) + 0.05)),
        )
        targets = ((1 - DISTILLED) * self.targets + DISTILLED * taught)[self.train]
        codes, invented = self.invented()
        begun, file = time.process_time(), self.out / "invented.npy"
        if not file.exists():
            np.save(file, by_sequence(network, codes))
            self._took("predictions of invented sequences", begun)
        inputs, targets = np.concatenate([features, invented]), np.concatenate([targets, np.load(file)])
        return self.trained(branch, "card", CARD, inputs, targets)

    def activity(self) -> tuple[dict[str, torch.Tensor], ActivityConfig, dict[str, Any]]:
        """The weights of both branches and of their blend, their sizes, and the log of the sequence networks."""
        network, taught, log = self.distilled()
        sizes = self.sizes(log["chosen"])
        card, rows = self.card(network, sizes, taught), self.validation
        parts = [by_sequence(network, self.codes[rows]), by_card(card, self.features[rows])]
        true = self.measured.activity[rows]
        mixed = np.zeros((3, 3, len(CELL_TYPES)), np.float32)
        mixed[0] = blend(parts, true)
        mixed[1, [0, 2]], mixed[2, [1, 2]] = blend(parts[:1], true), blend(parts[1:], true)
        tensors = {f"sequence.0.{key}": value for key, value in network.state_dict().items()}
        tensors |= {f"card.{key}": value for key, value in card.state_dict().items()}
        return tensors | {"blend": torch.from_numpy(mixed)}, sizes, log

    def language(self, tokens: Tokens) -> dict[str, torch.Tensor]:
        """The weights of the reasoner, and of the readers of cards without and with reasoning."""
        if self.options.language:
            _, stored, vocab, card = read_folder(self.options.language)
            if vocab != tokens.vocab:
                raise SystemExit(f"{self.options.language} has another vocabulary")
            self.seconds |= {key: card["cpu_seconds"][key] for key in ("writer", "read, card", "read, generated")}
            return {k: torch.from_numpy(v) for k, v in stored.items() if k.startswith(("reasoner.", "readers."))}
        some = np.random.default_rng(0).permutation(len(self.training.sequences))[
            : max(self.options.cards, self.options.written)
        ]
        few = self.training.of(some)
        examples = make_examples(few, self.motifs, Effects.embedded(), self.units, per_sequence=1)
        torch.manual_seed(0)
        size = DecoderConfig(**asdict(DECODER) | {"vocab_size": len(tokens)})
        writer = self._kept(
            "writer",
            new_small(tokens, size),
            lambda m: train_stage1(m, tokens, first(examples, self.options.written), WRITE),
        )
        tensors = {f"reasoner.{key}": value for key, value in writer.model.state_dict().items()}
        for name, mode in (("none", "card"), ("generated", "generated")):
            config = StageConfig(**READ.as_dict() | {"mode": mode})
            begun = time.process_time()
            file = self.out / f"reader_{name}.pt"
            if not file.exists():
                fresh = new_small(tokens, size)
                fresh.load_state_dict(writer.state_dict())
                cards = first(examples, self.options.cards)
                torch.save(train_stage2(fresh, tokens, cards, config).state_dict(), file)
                self._took(f"read, {mode}", begun)
            state = torch.load(file, weights_only=True)
            tensors |= {
                f"readers.{name}.{key.replace('text_model.model.', 'text_model.')}": v for key, v in state.items()
            }
        return tensors

    def _kept(self, name: str, model: Any, train: Any) -> Any:
        file, begun = self.out / f"{name}.pt", time.process_time()
        if not file.exists():
            torch.save(train(model).state_dict(), file)
            self._took(name, begun)
        model.load_state_dict(torch.load(file, weights_only=True))
        return model


def first(examples: Examples, n: int) -> Examples:
    return Examples(examples.cards[:n], examples.activity[:n], examples.traces[:n])


def held_out(model: R3LM, run: Run, n_cards: int = 1000) -> dict[str, Any]:
    """Pearson's r and RMSE of each mode on the held-out fold."""
    test = run.measured.of(run.test)
    metrics: dict[str, Any] = {}
    for mode in ("joint", "sequence", "card"):
        metrics[mode] = agreement(model.predict(test.sequences, mode=mode), test.activity)
    if run.options.language:  # of the same cards by the same weights
        earlier = json.loads((run.options.language / "card.json").read_text())["held_out"]
        return metrics | {mode: found for mode, found in earlier.items() if mode.startswith("language model")}
    for mode in ("generated", "none"):
        rows = np.arange(min(n_cards, len(test.sequences)))
        cards = [model.cards([test.sequences[i] for i in rows], cell) for cell in CELL_TYPES]
        predicted = np.column_stack([model.read(block, reasoning=mode) for block in cards])
        metrics[f"language model, reasoning {mode}"] = agreement(predicted, test.activity[rows])
    return metrics


def by_teachers(run: Run) -> dict[str, Any]:
    """Mean of Pearson's r of each teacher and of their mean on the held-out fold."""
    predicted = np.load(run.out / "distilled" / "predictions.npz")["predictions"][:, run.test].astype(np.float32)
    mean_r = lambda values: round(float(np.mean(correlations(values, run.targets[run.test]))), 4)
    return {"each": [mean_r(values) for values in predicted], "mean of all": mean_r(predicted.mean(0))}


def agreement(predicted: np.ndarray, true: np.ndarray) -> dict[str, dict[str, float]]:
    rmse = np.sqrt(((predicted - true) ** 2).mean(0))
    r = correlations(predicted, true)
    return {cell: {"r": round(r[k], 4), "rmse": round(float(rmse[k]), 4)} for k, cell in enumerate(CELL_TYPES)}


def finish(run: Run) -> Path:
    tokens = Tokens(CELL_TYPES, run.motifs.names)
    activity, sizes, log = run.activity()
    weights = {f"activity.{key}": value for key, value in activity.items()}
    weights |= {key.removeprefix("model."): value for key, value in run.language(tokens).items()}
    decoder = asdict(DECODER)
    del decoder["vocab_size"]
    config = {
        "model_type": "r3lm",
        "vocab_size": len(tokens),
        "cell_types": CELL_TYPES,
        "motifs": MOTIFS,
        "scored": run.scored,
        "units": run.units.tolist(),
        "levels": np.quantile(run.training.activity, QUANTILES, axis=0).T.tolist(),
        "activity": asdict(sizes),
        "decoder": decoder,
    }
    module = build_module(config)
    module.load_state_dict(weights)
    card = {
        "name": "r3lm-mini",
        "licence": "CC-BY-4.0",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "trained_with": {p: version(p) for p in ("scgsfm", "torch", "pytorch-lightning", "transformers", "numpy")},
        "predicts": (
            "log2(RNA/DNA) of a 200 bp element that drives a reporter, integrated by a lentivirus, in these cell lines; "
            "not the activity of the element where it lies in the genome, and for human sequences only"
        ),
        "data": "lentiMPRA joint library (Agarwal et al. 2025), homology-separated folds",
        "folds": {
            "trained": sorted(set(run.training.fold.tolist())),
            "weighed": f"{run.validation.sum():,} sequences of fold {VALIDATION}, which were not trained on",
            "held_out": TEST,
        },
        "motifs": run.motifs.info,
        "n_sequences": {"trained": int(run.train.sum()), "held_out": int(run.test.sum())},
        "config": {
            "sequence": {"student": log["chosen"], "seconds": log["seconds"]},
            "card": asdict(CARD) | {"taught": DISTILLED},
            "write": WRITE.as_dict() | {"sequences": run.options.written},
            "read": READ.as_dict() | {"sequences": run.options.cards},
        },
        "cpu_seconds": run.seconds,
        "distillation": log,
        "provenance": {"recipe": "python training/r3lm_mini.py --data FOLDER -o RUN --embed", "seed": 0},
        "held_out": held_out(R3LM(module, tokens.vocab, config), run),
    }
    card["distillation"]["held_out"] = by_teachers(run)
    print(json.dumps({key: card[key] for key in ("held_out", "distillation")}, indent=1), flush=True)
    folder = run.out / "model"
    tensors = {key: value.numpy() for key, value in module.state_dict().items()}
    write_folder(folder, config, tensors, tokens.vocab, card, quantize="float16")
    (folder / "README.md").write_text(readme(card), encoding="utf-8")
    return folder


def readme(card: dict[str, Any]) -> str:
    """The model card in Markdown."""
    cells = lambda metrics: [f"{metrics[cell]['r']:.3f} / {metrics[cell]['rmse']:.3f}" for cell in CELL_TYPES]
    rows = [f"| {' | '.join([mode, *cells(metrics)])} |" for mode, metrics in card["held_out"].items()]
    device = card["distillation"]["device"]
    parts = {
        f"teachers and students of the sequence network, seconds on {device}": round(card["distillation"]["seconds"])
    }
    parts |= {f"{part}, CPU seconds": seconds for part, seconds in card["cpu_seconds"].items()}
    seconds = "\n".join(f"| {part} | {seconds:,} |" for part, seconds in parts.items())
    held_out, motifs = "\n".join(rows), card["motifs"]
    return f"""# {card["name"]}

Predicts {card["predicts"]}.

Licence: {card["licence"]}; motifs of {motifs["source"]}, {motifs["version"]} ({motifs["licence"]}).

```python
import scgsfm

model = scgsfm.models.load("{card["name"]}")
model.predict(["ACGT" * 50])
```

## Data

{card["data"]}: {card["n_sequences"]["trained"]:,} elements of folds {card["folds"]["trained"]} to learn from,
{card["folds"]["weighed"]}, to select the network and weigh the branches, {card["n_sequences"]["held_out"]:,} of fold {card["folds"]["held_out"]}
to measure. The measurements are not part of the package.

## Held-out fold: Pearson's r / RMSE

| | {" | ".join(CELL_TYPES)} |
| --- | --- | --- | --- |
{held_out}

The language model was measured on the first 1,000 sequences.

## Training

| part | time |
| --- | --- |
{seconds}

`training/r3lm_mini.py` is the recipe; card.json holds the settings and, under `provenance`, the runs that made the weights. Made {card["created"]} with
{", ".join(f"{package} {number}" for package, number in card["trained_with"].items())}.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", default=os.environ.get("SCGSFM_DATA"), help="directory (default: the variable SCGSFM_DATA)"
    )
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--embed", action="store_true", help="copy the finished model into the package")
    parser.add_argument("--cards", type=int, default=N_READ, help="number of sequences of stage 2 (%(default)s)")
    parser.add_argument("--written", type=int, default=N_WRITE, help="number of sequences of stage 1 (%(default)s)")
    parser.add_argument("--language", type=Path, help="folder of a finished model whose language model is kept")
    parser.add_argument("--device", help="of the sequence networks: cuda or cpu (default: cuda where there is one)")
    parser.add_argument("--seconds", type=float, default=520, help="for the sequence networks (%(default)s)")
    parser.add_argument("--prepare", action="store_true", help="only write the data of r3lm_distill.py")
    args = parser.parse_args()
    if not args.data:
        parser.error("give --data FOLDER or set SCGSFM_DATA")
    settings.verbosity = 1
    run = Run(Path(args.data), args.out, args)
    if args.prepare:
        print(run.prepare())
        return
    folder = finish(run)
    if args.embed:
        shutil.copytree(folder, EMBEDDED, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
