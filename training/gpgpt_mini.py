"""Train the embedded language model: `python training/gpgpt_mini.py --corpus CORPUS -o RUN`.

CORPUS is what `training/build_gpgpt_corpus.py` wrote. Both stages run on one core, in about ten minutes of its time.
`--embed` writes the finished model into the package, beside its knowledge index.
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
    steps=600,
    batch_size=32,
    warmup=20,
    decay=0.4,
    rank=32,
    alpha=64,
    weight_decay=0.0,
    mixture={"retrieve": 2.0, "answer": 0.5, "relation": 0.5},
    precision="bf16-mixed",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=FOLLOWING.steps, help="of stage 2 (%(default)s)")
    parser.add_argument("--embed", action="store_true", help="write the finished model into the package")
    args = parser.parse_args()
    read = train(args.corpus, args.out / "stage1", stage=1, config=READING, validate_every=100)
    following = replace(FOLLOWING, steps=args.steps)
    folder = train(args.corpus, args.out / "stage2", stage=2, base=read, config=following, validate_every=100)
    cards = [json.loads((path / "card.json").read_text(encoding="utf-8")) for path in (read, folder)]
    if args.embed:
        write(folder, EMBEDDED.parent, cards)


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
