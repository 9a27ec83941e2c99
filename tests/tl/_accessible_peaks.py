"""Small data with peaks for the tests of motifs: sites of GATA factors are open in one group of cells."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

N_CELLS, N_PEAKS, WIDTH = 90, 400, 100
SITE = "AGATAAGATAA"
"""Matches the motifs of GATA factors."""


def accessible_peaks(seed: int = 0) -> ad.AnnData:
    """Cells of groups a, b and c × peaks with the column ``sequence``; peaks with the site are open in b."""
    rng = np.random.default_rng(seed)
    gc = rng.uniform(0.35, 0.65, N_PEAKS)
    texts = ["".join(rng.choice(list("ACGT"), WIDTH, p=[(1 - x) / 2, x / 2, x / 2, (1 - x) / 2])) for x in gc]
    with_site = np.arange(N_PEAKS) % 5 == 0
    at = rng.integers(0, WIDTH - len(SITE), N_PEAKS)
    sequences = [
        text[:i] + SITE + text[i + len(SITE) :] if has else text
        for text, i, has in zip(texts, at, with_site, strict=True)
    ]
    group = rng.permutation(np.repeat(["a", "b", "c"], N_CELLS // 3))
    rate = rng.gamma(2, 0.15, N_PEAKS) * rng.gamma(4, 0.25, (N_CELLS, 1))
    rate *= np.where((group == "b")[:, None] & with_site, 2.5, 1)
    counts = rng.poisson(rate).astype(np.float32)
    counts[0, with_site.argmax()] += 1
    starts = 1000 * np.arange(N_PEAKS)
    var = pd.DataFrame(
        {"sequence": sequences, "site": with_site},
        index=[f"chr1:{start}-{start + WIDTH}" for start in starts],
    )
    obs = pd.DataFrame({"group": pd.Categorical(group)}, index=[f"cell_{i}" for i in range(N_CELLS)])
    return ad.AnnData(csr_matrix(counts), obs=obs, var=var)


def genome_of(adata: ad.AnnData) -> dict[str, str]:
    """A genome in which the peaks have their sequences."""
    gap = "N" * (1000 - WIDTH)
    return {"chr1": gap.join(adata.var["sequence"]) + gap}
