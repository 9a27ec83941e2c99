"""Contribution of the parts of `gsfm-base`: its network alone, with neighbors, and with recalled genes.

`python benchmarks/model_parts.py --data FOLDER --run RUN`: the parts of the final model are switched off and on. Measured by
the protocol of `gene_function.py` with one half per term, and on the held-out sets of the training (RUN, the folder of
`training/gsfm_base.py`): mean AUROC of the other half of each set, averaged over the 20 kinds of sets. The half of the
held-out sets by which the weights of the neighbors were searched is left out.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from _common import data_file, parser, report, say
from gene_function import LIBRARIES, over, read_task, run, summary

import scgsfm
from scgsfm.models.gsfm.training._corpus import Corpus

sys.path.append(str(Path(__file__).resolve().parents[1] / "training"))
from gsfm_base import Judge, hold_out

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from scgsfm.models.gsfm import GSFM


def variants(name: str) -> Iterator[tuple[str, GSFM]]:
    """The model with parts switched off, and unchanged."""
    for what, neighbours, coherence, recall in (
        ("network alone", False, True, False),
        ("network, recall", False, True, True),
        ("network, neighbors without coherence", True, False, False),
        ("network, neighbors with coherence", True, True, False),
        ("network, neighbors, recall, without coherence", True, False, True),
        ("all: network, neighbors, recall, with coherence", True, True, True),
    ):
        model = scgsfm.models.load(name)
        module = model.module
        if not neighbours:
            module.neighbours = None
        elif not coherence:
            module.neighbours.coherence = 0.0
        if not recall:
            module.recall = 0
        yield what, model


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument("--run", type=Path, required=True, help="folder of the training: its corpus and held-out sets")
    options.add_argument("--max-terms", type=int, help="size of a random sample of the terms")
    args: argparse.Namespace = options.parse_args()
    scgsfm.settings.verbosity = 0
    corpus = Corpus.open(args.run / "corpus")
    judge = hold_out(corpus, args.run)[1]
    judge = Judge(judge.kind[1::2], *(part[1::2] for part in (judge.seen, judge.few, judge.hidden)))
    genes = corpus.genes[2:]
    files = {name: data_file(args.data, f"genesets/bench/{name}.gmt.gz") for name in LIBRARIES}
    tasks = {name: read_task(file, genes, repeats=1, max_terms=args.max_terms) for name, file in files.items()}

    rows = []
    for what, model in variants(args.model):
        row: dict[str, object] = {"parts": what}
        for library, task in tasks.items():
            auroc = run(over(genes, model, model.logits), task)["auroc"].to_numpy()
            row[library] = "{:.3f} [{:.3f}, {:.3f}]".format(*summary(auroc))
        halves, few = judge.score(model.logits)
        row |= {"held-out sets, halves": f"{halves:.3f}", "held-out sets, five genes": f"{few:.3f}"}
        say(str(row))
        rows.append(row)
    report("model_parts", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
