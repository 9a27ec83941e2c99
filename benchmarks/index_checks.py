"""What the check of the indices of sparse matrices costs.

    python benchmarks/index_checks.py --cells 10000 --genes 20000

The same scoring with and without the check, in turns; the median of the ratios of CPU seconds.
"""

from __future__ import annotations

import time
from unittest.mock import patch

import anndata as ad
import numpy as np
import pandas as pd
from _common import parser, report
from scipy import sparse

import scgsfm
from scgsfm.scoring.engine import _csr_block

METHODS = ("aucell", "ulm", "zscore", "mean")


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--cells", type=int, default=10_000)
    options.add_argument("--genes", type=int, default=20_000)
    options.add_argument("--sets", type=int, default=100)
    options.add_argument("--repeats", type=int, default=7)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    rng = np.random.default_rng(0)
    counts = sparse.random(args.cells, args.genes, 0.05, "csr", np.float32, rng=rng)
    names = [f"g{i}" for i in range(args.genes)]
    adata = ad.AnnData(counts, var=pd.DataFrame(index=names))
    sets = {f"s{i}": rng.choice(names, 100, replace=False).tolist() for i in range(args.sets)}

    def seconds(method: str) -> float:
        start = time.process_time()
        scgsfm.tl.score(adata, sets, method=method, log_normalize=False)
        return time.process_time() - start

    rows = []
    for method in METHODS:
        seconds(method)  # compiles
        ratios, with_check = [], []
        for _ in range(args.repeats):
            with_check.append(seconds(method))
            with patch.object(_csr_block, "check_indices", lambda _: None):
                ratios.append(with_check[-1] / seconds(method) - 1)
        rows.append({"method": method, "CPU seconds": np.median(with_check), "share of the check": np.median(ratios)})
    report("index_checks", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
