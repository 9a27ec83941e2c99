from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import sparse

from scgsfm.scoring import BlockReader, Job, Result, SetIndex, get_method, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@pytest.fixture
def score() -> Callable[..., Result]:
    """Scores a matrix by a dense membership matrix, of which ``n_missing`` further genes are not in the data."""

    def score(
        method: str,
        matrix: Any,
        membership: np.ndarray,
        *,
        block_size: int | None = None,
        n_missing: int = 0,
        **params: Any,
    ) -> Result:
        names = [f"set {i}" for i in range(len(membership))]
        n_listed = np.count_nonzero(membership, axis=1) + n_missing
        sets = SetIndex(names, sparse.csr_array(membership), n_listed, (membership < 0).sum(axis=1))
        (result,) = run(BlockReader(matrix, block_size=block_size), [Job(get_method(method), sets, params)])
        return result

    return score


@pytest.fixture
def membership() -> np.ndarray:
    """Sets of 1 to 59 of 60 genes."""
    rng = np.random.default_rng(2)
    x = np.zeros((6, 60))
    for row, size in zip(x, [1, 2, 5, 10, 30, 59], strict=True):
        row[rng.choice(60, size, replace=False)] = 1
    return x


@pytest.fixture
def signed(membership: np.ndarray) -> np.ndarray:
    """The same sets with weights, a third of them negative."""
    rng = np.random.default_rng(3)
    return membership * rng.choice([-1, 1, 1], membership.shape) * rng.random(membership.shape).round(2)


def zscore_flavor(dc: ModuleType, flavor: str) -> str:
    """The name of a flavor in this version of decoupler: before 2.3, the two were exchanged."""
    if int(dc.__version__.split(".")[1]) >= 3:
        return flavor
    return {"KSEA": "RoKAI", "RoKAI": "KSEA"}[flavor]


def decoupler_scores(
    dc: ModuleType,
    method: str,
    counts: np.ndarray,
    membership: np.ndarray,
    make: Callable[[np.ndarray], Any] = np.asarray,
    **params: Any,
) -> tuple[Any, Any]:
    """Scores and adjusted p-values by decoupler (cells × sets), NaN for sets that it leaves out."""
    import pandas as pd
    from anndata import AnnData

    if method == "zscore":
        params["flavor"] = zscore_flavor(dc, params.get("flavor", "KSEA"))
    adata = AnnData(make(counts), var=pd.DataFrame(index=[f"g{i}" for i in range(counts.shape[1])]))
    sets, genes = np.nonzero(membership)
    net = pd.DataFrame(
        {"source": sets.astype(str), "target": adata.var_names[genes], "weight": membership[sets, genes]}
    )
    getattr(dc.mt, method)(adata, net, tmin=0, **params)
    columns = [str(i) for i in range(len(membership))]
    tables = (adata.obsm.get(f"{kind}_{method}") for kind in ("score", "padj"))
    scores, padj = (None if table is None else table.reindex(columns=columns).to_numpy() for table in tables)
    return scores, padj


@pytest.fixture
def decoupler(peer: Callable[..., ModuleType]) -> Callable[..., tuple[np.ndarray, np.ndarray | None]]:
    return partial(decoupler_scores, peer("decoupler", minversion="2"))
