"""Contribution of each choice of the recipe: short trainings that differ in one choice from that of a single network.

`python benchmarks/training_choices.py --corpus FOLDER --runs FOLDER [--steps 1000]`: trains the network of each
variant for the same number of steps and evaluates it by the protocol of `gene_function.py` on a sample of terms, with
a 95 % bootstrap interval over the terms, and on the held-out sets of the corpus. Short runs compare choices; they do
not show the quality of a final model.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
from _common import data_file, parser, report, say
from gene_function import LIBRARIES, evaluate, summary

sys.path.append(str(Path(__file__).resolve().parents[1] / "training"))
from gsfm_single import LITERATURE_FIRST, RECIPE

CHOICES: dict[str, dict[str, object]] = {
    "recipe": {},
    "literature drawn more, expression less": {"group_weights": LITERATURE_FIRST},
    "all sets drawn alike (temper 1)": {"temper": 1.0},
    "all groups drawn alike (temper 0)": {"temper": 0.0},
    "multi-hot input, not normalised": {"input_norm": "none"},
    "all sets weigh alike (size_power 1)": {"size_power": 1.0},
    "only hidden genes are targets": {"hide_visible": True},
    "dropout .2 in the hidden layers": {"dropout": 0.2},
    "384 dimensions": {"d_model": 384},
    "learning rate .001": {"learning_rate": 1e-3},
    "published objective": {
        "objective": "bernoulli",
        "dropout": 0.2,
        "input_norm": "none",
        "temper": 1.0,
        "learning_rate": 1e-3,
    },
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--corpus", type=Path, required=True, help="directory of the training corpus")
    options.add_argument("--runs", type=Path, required=True, help="directory for the trainings")
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--max-terms", type=int, default=200)
    options.add_argument("--choices", nargs="+", default=list(CHOICES))
    args = options.parse_args()
    from scgsfm import models
    from scgsfm.models.gsfm import train

    network = replace(RECIPE, steps=args.steps, restart=0, neighbours=0, recall=0)
    rows = []
    for name in args.choices:
        config = replace(network, **CHOICES[name])
        folder = train(args.corpus, args.runs / name.replace(" ", "_"), config=config, validate_every=args.steps)
        model = models.load(folder)
        card = model.metadata
        row: dict[str, object] = {"choice": name, "steps": args.steps, "seconds": card["seconds"]}
        for library in LIBRARIES[:4]:
            path = data_file(args.data, f"genesets/bench/{library}.gmt.gz")
            terms = evaluate(model.logits, model.genes, path, max_terms=args.max_terms, repeats=2)
            row[library] = "{:.3f} [{:.3f}, {:.3f}]".format(*summary(terms["auroc"].to_numpy()))
        row["held-out sets"] = round(card["val_auroc"], 3)
        say(str(row))
        rows.append(row)
    report("training_choices", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
