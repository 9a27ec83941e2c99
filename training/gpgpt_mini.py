"""Train the embedded language model: `python training/gpgpt_mini.py --corpus CORPUS -o RUN`.

CORPUS is the output of `training/build_gpgpt_corpus.py`. The rounds take less than an hour of one core. `--embed` writes the
model into the package. The model card, `card.json`, records how the weights in the package were made.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

from scgsfm.models._serialization import write_folder
from scgsfm.models.gpgpt import GPGPT, TrainConfig, pack, readme, train
from scgsfm.phenotypes import ANNOTATIONS_FILE

READING = TrainConfig(
    steps=1500,
    batch_size=16,
    warmup=150,
    decay=0.4,
    mixture={"text": 2.0, "triple": 0.6, "question": 0.0},
    precision="bf16-mixed",
)
WORDING = replace(
    READING,
    steps=150,
    adapters="none",
    learning_rate=1e-3,
    warmup=20,
    decay=0.6,
    mixture={"text": 2.0, "triple": 0.6, "question": 10.0},
)
"""A second round of stage 1 with many questions, whose words are rare in the other texts."""
FOLLOWING = TrainConfig(
    steps=800,
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
    parser.add_argument("--embed", action="store_true", help="write the model into the package")
    args = parser.parse_args()
    folders: list[Path] = []
    for name, stage, config in (("reading", 1, READING), ("wording", 1, WORDING), ("following", 2, FOLLOWING)):
        base = folders[-1] if folders else None
        folders.append(train(args.corpus, args.out / name, stage=stage, base=base, config=config, validate_every=100))
    if args.embed:
        cards = [json.loads((folder / "card.json").read_text(encoding="utf-8")) for folder in folders]
        write(folders[-1], ANNOTATIONS_FILE.parent, cards)


def write(model: Path, folder: Path, cards: list[dict]) -> None:
    """Write a model of transformers in the format of the package, with the cards of all rounds."""
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
