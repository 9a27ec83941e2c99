"""What each choice of the recipe is worth: short trainings that differ in one choice from that of `gsfm-base`.

`python benchmarks/training_choices.py --corpus FOLDER --runs FOLDER [--steps 1000]`: trains each variant for as many
steps and measures it by the protocol of `gene_function.py` on a sample of terms. Short runs compare choices, they don't
tell how good a finished model is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from _common import data_file, parser, report, say
from gene_function import LIBRARIES, evaluate

BASE = {"restart": 0}
CHOICES: dict[str, dict[str, object]] = {
    "recipe": {},
    "without neighbours": {"neighbours": 0},
    "dropout .2 in the hidden layers": {"neighbours": 0, "dropout": 0.2},
    "multi-hot input, not normalised": {"neighbours": 0, "input_norm": "none"},
    "all sets drawn alike (temper 1)": {"neighbours": 0, "temper": 1.0},
    "all groups drawn alike (temper 0)": {"neighbours": 0, "temper": 0.0},
    "only hidden genes are targets": {"neighbours": 0, "hide_visible": True},
    "learning rate .001": {"neighbours": 0, "learning_rate": 1e-3},
    "published objective": {
        "neighbours": 0,
        "objective": "bernoulli",
        "dropout": 0.2,
        "input_norm": "none",
        "temper": 1.0,
        "learning_rate": 1e-3,
    },
}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--corpus", type=Path, required=True, help="folder of the training corpus")
    options.add_argument("--runs", type=Path, required=True, help="folder to train in")
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--max-terms", type=int, default=200)
    options.add_argument("--choices", nargs="+", default=list(CHOICES))
    args = options.parse_args()
    from scgsfm import models
    from scgsfm.models.gsfm import TrainConfig, train

    rows = []
    for name in args.choices:
        config = replace(TrainConfig(steps=args.steps, **BASE), **CHOICES[name])
        folder = train(args.corpus, args.runs / name.replace(" ", "_"), config=config, validate_every=args.steps)
        model = models.load(folder)
        row: dict[str, object] = {"choice": name, "steps": args.steps, "seconds": model.metadata["seconds"]}
        for library in LIBRARIES[:4]:
            path = data_file(args.data, f"genesets/bench/{library}.gmt.gz")
            terms = evaluate(model.logits, model.genes, path, max_terms=args.max_terms, repeats=2)
            row[library] = round(float(terms["auroc"].median()), 4)
        say(str(row))
        rows.append(row)
    report("training_choices", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
