"""Train the embedded language model: `python training/gpgpt_mini.py --corpus CORPUS -o RUN`.

CORPUS is what `training/build_gpgpt_corpus.py` wrote. Both stages run on one core, in 20 minutes of its time. `--embed`
writes the finished model into the package, beside its knowledge index.

The embedded weights are of a run with three differences: stage 1 went on from step 340 of a longer schedule, which makes the
same steps; stage 2 was planned for 1,000 steps and broken off after 900; and its corpus had about half of the wordings of
questions, all of which only the last round saw.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from scgsfm.models._folder import write_folder
from scgsfm.models.gpgpt import GPGPT, TrainConfig, train
from scgsfm.models.gpgpt._card import readme
from scgsfm.models.gpgpt._knowledge import EMBEDDED
from scgsfm.models.gpgpt._packing import pack

READING = TrainConfig(
    steps=640,
    batch_size=8,
    warmup=150,
    decay=0.4,
    mixture={"text": 2.0, "triple": 0.6},
    precision="bf16-mixed",
)
FOLLOWING = TrainConfig(
    steps=900,
    batch_size=32,
    warmup=20,
    decay=0.4,
    rank=32,
    alpha=64,
    weight_decay=0.0,
    mixture={"retrieve": 2.0, "answer": 0.5, "relation": 0.5},
    precision="bf16-mixed",
)
ASKING = replace(FOLLOWING, steps=300, warmup=10, decay=0.6, mixture={"retrieve": 1.0, "answer": 0.1, "relation": 0.1})
"""A last round of stage 2, mostly queries."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--embed", action="store_true", help="write the finished model into the package")
    args = parser.parse_args()
    folders: list[Path] = []
    for name, stage, config in (("stage1", 1, READING), ("stage2", 2, FOLLOWING), ("asking", 2, ASKING)):
        base = folders[-1] if folders else None
        folders.append(train(args.corpus, args.out / name, stage=stage, base=base, config=config, validate_every=100))
    if args.embed:
        cards = [json.loads((folder / "card.json").read_text(encoding="utf-8")) for folder in folders]
        write(folders[-1], EMBEDDED.parent, cards)


def write(model: Path, folder: Path, cards: list[dict]) -> None:
    """Write a model of transformers in the layout of the package, with what the stages tell of themselves."""
    loaded = GPGPT.from_pretrained(model)
    card = {"name": "gpgpt-mini", "licence": "BSD-3-Clause"}
    for stage in cards:
        stage.pop("base")
    card |= {"stages": cards, "parameters": cards[0]["parameters"]["all"]}
    config, tensors, vocab = pack(loaded.module, loaded.tokenizer)
    write_folder(folder, config, tensors, vocab, card, quantize="float16")
    (folder / "README.md").write_text(readme(card), encoding="utf-8")


if __name__ == "__main__":
    main()
