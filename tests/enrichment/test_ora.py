from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import hypergeom

from scgsfm.enrichment import ora

if TYPE_CHECKING:
    from scgsfm.scoring import SetIndex


def test_against_scipy(terms: SetIndex) -> None:
    query = np.random.default_rng(1).choice(600, 50, replace=False)
    found = ora(query, terms)
    dense = terms.membership.toarray() > 0
    hits = dense[:, query].sum(axis=1)
    np.testing.assert_array_equal(found.n_hits, hits)
    np.testing.assert_allclose(found.pvalue, hypergeom.sf(hits - 1, 600, terms.n_found, 50), rtol=1e-9)
    for term, places in enumerate(found.genes):
        assert set(places) == set(query) & set(np.flatnonzero(dense[term]))


def test_score_is_the_log_odds_ratio(terms: SetIndex) -> None:
    query = terms.membership.indices[: terms.membership.indptr[1]]
    size = len(query)
    expected = np.log2((size + 0.5) / 0.5 * (600 - size + 0.5) / 0.5)
    assert np.isclose(ora(query, terms).score[0], expected)
