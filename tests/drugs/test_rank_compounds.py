from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import kstest

from scgsfm.drugs import Profiles, RankingOptions, open_signatures, rank_compounds
from scgsfm.errors import GeneMatchError

if TYPE_CHECKING:
    import pandas as pd


@pytest.fixture(scope="module")
def random_queries() -> Profiles:
    genes = np.array([f"G{i}" for i in range(800)], dtype=object)
    ranks = np.argsort(np.argsort(np.random.default_rng(1).random((40, 800)), axis=1), axis=1)
    return Profiles([str(i) for i in range(40)], genes, (ranks >= 740) * 1.0 - (ranks < 60) * 1.0)


@pytest.mark.parametrize("method", ["consensus", "cosine", "connectivity", "agreement"])
def test_pvalues_are_uniform_for_random_queries(
    signatures: pd.DataFrame, random_queries: Profiles, method: str
) -> None:
    options = RankingOptions(method=method, by="signature")  # type: ignore[arg-type]
    p = rank_compounds(random_queries, open_signatures(signatures), options, np.random.default_rng(0)).table["pvalue"]
    # connectivity is 0 for half of the signatures, and its p-values are too large
    assert (p < 0.05).mean() < 0.065
    assert (p < 0.01).mean() < 0.014
    if method != "connectivity":
        assert (p < 0.05).mean() > 0.035
        assert (p < 0.01).mean() > 0.005
    if method == "consensus":
        assert kstest(p, "uniform").statistic < 0.1


def test_similar_signatures_of_a_compound_count_as_one(signatures: pd.DataFrame, random_queries: Profiles) -> None:
    index = open_signatures(signatures)
    table = rank_compounds(random_queries, index, RankingOptions(), np.random.default_rng(0)).table
    assert len(table) == 40 * 100
    same = table[table["compound"] == "c0"]["score"]
    assert 0.7 < same.std() < 1.3  # three times the same signature: no smaller p-values
    others = table[table["compound"] != "c0"]["score"]
    assert 0.93 < others.std() < 1.07
    assert table["n_signatures"].eq(3).all()


def test_a_signature_finds_itself_in_both_directions(signatures: pd.DataFrame) -> None:
    index = open_signatures(signatures)
    row = index.weights[5].toarray()
    profiles = Profiles(["same", "opposite"], index.genes, np.vstack([row, -row]))
    ranked = rank_compounds(profiles, index, RankingOptions(by="signature"), np.random.default_rng(0))
    first = ranked.table.groupby("group", sort=False).head(1)
    assert first["compound"].tolist() == [index.signatures["compound"][5]] * 2
    assert first["direction"].tolist() == ["mimics", "reverses"]
    np.testing.assert_allclose(first["cosine"], [1, -1])
    assert (first["padj"] < 0.05).all()
    assert first["n_shared"].tolist() == [60, 60]


def test_too_few_shared_genes_are_an_error(signatures: pd.DataFrame) -> None:
    profiles = Profiles(["a"], np.array(["X", "Y"], dtype=object), np.ones((1, 2)))
    with pytest.warns(UserWarning, match="fewer than 5"), pytest.raises(GeneMatchError, match="human gene names"):
        rank_compounds(profiles, open_signatures(signatures), RankingOptions(), np.random.default_rng(0))
