"""Cost of storing the weights in eight bits: `python benchmarks/precision.py --full FOLDER [--model gsfm-base]`.

Compares the shipped model with the same model in full precision (FOLDER, written by the training without `--quantize`)
by the protocol of `gene_function.py`, on the same halves.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from _common import data_file, parser, report
from gene_function import LIBRARIES, evaluate


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the shipped model")
    options.add_argument("--full", required=True, help="directory of the same model in full precision")
    options.add_argument("--max-terms", type=int, help="size of a random sample of the terms")
    options.add_argument("--repeats", type=int, default=2)
    args = options.parse_args()
    from scgsfm import models

    shipped, full = models.load(args.model), models.load(args.full)
    rows = []
    for library in LIBRARIES:
        path = data_file(args.data, f"genesets/bench/{library}.gmt.gz")
        small, large = (
            evaluate(model.logits, model.genes, path, max_terms=args.max_terms, repeats=args.repeats)["auroc"]
            for model in (shipped, full)
        )
        difference = (small - large).abs()
        rows.append(
            {
                "library": library,
                "terms": len(small),
                "full precision": large.median(),
                "as shipped": small.median(),
                "mean difference of a term": (small - large).mean(),
                "95 % of terms differ by less than": float(np.quantile(difference, 0.95)),
            }
        )
    report("precision", pd.DataFrame(rows).round(5), args.out)


if __name__ == "__main__":
    main()
