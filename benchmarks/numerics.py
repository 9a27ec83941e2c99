"""Scores of values at the edge of double precision, compared with exact arithmetic, and equal bits of all ways to read cells.

    python benchmarks/numerics.py

The cells are those of `tests/scoring/methods/test_numerics.py`: subnormal, huge, tied and widely spread values. Scores are
compared with fractions of the values as they are, rounded once (`tests/scoring/exact.py`). The error is the largest
difference, relative to the largest score of the cell. `infinite` counts scores beyond double precision, which are announced.

`numerics_bits` scores the same cells with different numbers of threads, sizes of blocks, chunks and types of arrays, and counts
scores that are not the same to the last bit.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from _common import parser, report
from scipy import sparse

import scgsfm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SCORED = [name for name in scgsfm.methods().index if name != "gsfm"]
THREADS = ["1", "2", "5"]


def errors() -> pd.DataFrame:
    """The largest error of each method in each kind of cells."""
    from tests.scoring import exact
    from tests.scoring.methods import test_numerics as cases

    rows = []
    for method in ("ulm", "zscore", "mlm", "gsea", "sum", "mean"):
        sets, membership = cases.SETS, cases.MEMBERSHIP
        if method == "mlm":
            sets, membership = dict(list(sets.items())[:-1]), membership[:-1]
        row: dict[str, object] = {"method": method}
        n_infinite = 0
        for name, make in cases.CASES.items():
            x = make()
            found, expected = (
                cases.scored(method, x, sets, **cases.PARAMS.get(method, {})),
                exact.scores(method, x, membership),
            )
            both = np.isfinite(found) & np.isfinite(expected)
            n_infinite += int((~np.isfinite(found)).sum())
            size = np.where(both, np.abs(expected), 0).max(axis=1, keepdims=True)
            with np.errstate(invalid="ignore"):
                error = np.abs(found - expected) / np.where(size > 0, size, 1)
            row[name] = error[both].max(initial=0)
        rows.append(row | {"infinite": n_infinite})
    return pd.DataFrame(rows)


def cells() -> tuple[np.ndarray, dict[str, list[str]]]:
    """300 cells with ties, and sets of 5 to 60 genes."""
    rng = np.random.default_rng(0)
    x = np.log1p(rng.poisson(rng.gamma(0.5, 2, 400), (300, 400))).astype(np.float32)
    return x, {f"s{n}": [f"g{i}" for i in rng.choice(400, n, replace=False)] for n in (5, 10, 20, 40, 60)}


def ways(x: np.ndarray) -> dict[str, object]:
    """The same matrix in several types and chunks."""
    import dask.array as da

    csr = sparse.csr_array(x)
    return {
        "dense": x,
        "CSR": csr,
        "CSC": sparse.csc_array(x),
        "dask, chunks of 7 cells": da.from_array(x, chunks=(7, -1)),
        "dask, chunks of 100 cells": da.from_array(x, chunks=(100, -1)),
    }


def score_all(folder: Path) -> None:
    """In a separate process: scores of all methods, for each type and size of blocks."""
    x, sets = cells()
    obs, var = (
        pd.DataFrame(index=[f"c{i}" for i in range(len(x))]),
        pd.DataFrame(index=[f"g{i}" for i in range(x.shape[1])]),
    )
    matrices = ways(x)
    for suffix, form in (("h5ad", "CSR"), ("zarr", "CSC")):
        file = folder / f"cells.{suffix}"
        getattr(ad.AnnData(matrices[form], obs=obs, var=var), f"write_{suffix}")(file)
    matrices["h5ad, CSR"] = ad.read_h5ad(folder / "cells.h5ad", backed="r").X
    matrices["zarr, CSC, lazy"] = ad.experimental.read_lazy(folder / "cells.zarr").X
    out = {}
    for name, matrix in matrices.items():
        for block_size in (None, 1, 13):
            adata = ad.AnnData(matrix, obs=obs, var=var)
            for method in SCORED:
                params = {"times": 50} if method == "gsea" else {}
                scgsfm.tl.score(adata, sets, method=method, block_size=block_size, **params)
                key = f"{method}|{name}, {'default blocks' if block_size is None else f'blocks of {block_size}'}"
                out[key] = np.asarray(adata.obsm[f"score_{method}"], np.float64)
    np.savez(folder / "scores.npz", **out)


def bits() -> pd.DataFrame:
    """Number of scores that differ from those of a dense array with one thread."""
    found: dict[tuple[str, str], np.ndarray] = {}
    for threads in THREADS:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--score-all", folder]
            environment = os.environ | {"NUMBA_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
            subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)
            with np.load(Path(folder) / "scores.npz") as scores:
                found |= {(threads, key): scores[key] for key in scores.files}
    rows = []
    for method in SCORED:
        of_method = {key: value for key, value in found.items() if key[1].startswith(f"{method}|")}
        first = of_method["1", f"{method}|dense, default blocks"]
        different = {key: int((value.view(np.int64) != first.view(np.int64)).sum()) for key, value in of_method.items()}
        largest = max(float(np.abs(value - first).max()) for value in of_method.values())
        row = {"method": method, "ways": len(of_method), "scores": first.size * len(of_method)}
        rows.append(row | {"different bits": sum(different.values()), "largest difference": largest})
    return pd.DataFrame(rows)


def main() -> None:
    options = parser(__doc__, data=False)
    options.add_argument("--score-all", type=Path, help="for the script itself")
    args = options.parse_args()
    warnings.simplefilter("ignore")
    scgsfm.settings.verbosity = 0
    if args.score_all:
        score_all(args.score_all)
        return
    report("numerics", errors(), args.out)
    report("numerics_bits", bits(), args.out)


if __name__ == "__main__":
    main()
