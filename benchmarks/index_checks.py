"""What the check of the indices of sparse matrices costs.

    python benchmarks/index_checks.py --cells 10000 --genes 20000

CPU seconds of preparing all blocks of cells with the check, minus those without it, as a share of the time of a method. Each is the
smallest of several repeats, since other work of the machine only adds to it.
"""

from __future__ import annotations

import time
from unittest.mock import patch

import anndata as ad
import numpy as np
import pandas as pd
from _common import parser, report
from scipy import sparse
from scipy.sparse import csr_array

import scgsfm
from scgsfm.scoring.engine import BlockReader, _csr_block
from scgsfm.scoring.engine._csr_block import prepare

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

    reader = BlockReader(adata.X)

    def of_blocks() -> float:
        start = time.process_time()
        for _, block in reader.read():
            prepare(block)
        return time.process_time() - start

    def of_method(method: str) -> float:
        start = time.process_time()
        scgsfm.tl.score(adata, sets, method=method, log_normalize=False)
        return time.process_time() - start

    with_check, without = [], []
    for _ in range(3 * args.repeats):
        with_check.append(of_blocks())
        with patch.object(_csr_block, "_checked", csr_array):
            without.append(of_blocks())
    check = min(with_check) - min(without)
    rows = []
    for method in METHODS:
        of_method(method)  # compiles
        time_of_method = min(of_method(method) for _ in range(args.repeats))
        rows.append(
            {
                "method": method,
                "CPU seconds": time_of_method,
                "seconds of the check": check,
                "share": check / time_of_method,
            }
        )
    report("index_checks", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
