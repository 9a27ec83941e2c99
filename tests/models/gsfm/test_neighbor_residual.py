from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from scgsfm.models.gsfm._neighbor_residual import neighbor_table

if TYPE_CHECKING:
    from scgsfm.models.gsfm.training._corpus import Corpus


@pytest.mark.parametrize("groups", [{}, {"large": 0.0, "small": 3.0}])
def test_table_of_strongest_cosines(corpus: Corpus, groups: dict[str, float]) -> None:
    """Matches dense matrices: sets of n genes weigh 1/n² times their group weight, those of more than 15 genes 0."""
    used = np.arange(len(corpus))[::2]
    found, cosines = neighbor_table(corpus, used, 5, group_weights=groups, max_genes=15)
    n_genes, size = len(corpus.genes), np.diff(corpus.indptr)
    member = sparse.csr_array((np.ones(len(corpus.indices)), corpus.indices, corpus.indptr), (len(corpus), n_genes))
    weight = np.where(size <= 15, size**-2.0, 0) * [groups.get(corpus.groups[g], 1) for g in corpus.group]
    weight[1::2] = 0
    together = (member.T @ sparse.diags_array(weight) @ member).toarray()
    norm = np.sqrt(np.maximum(np.diag(together), 1e-300))
    expected = together / norm / norm[:, None]
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(np.sort(cosines)[:, ::-1], np.sort(expected)[:, ::-1][:, :5], rtol=1e-5, atol=1e-12)
    np.testing.assert_allclose(
        np.take_along_axis(expected, found.numpy().astype(int), 1)[cosines > 0], cosines[cosines > 0], rtol=1e-5
    )
