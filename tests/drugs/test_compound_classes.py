from __future__ import annotations

import numpy as np
from scipy.stats import mannwhitneyu

from scgsfm.drugs import compound_classes, load_compounds


def test_classes_are_the_test_of_mann_and_whitney() -> None:
    compounds = load_compounds()
    hdac = compounds.members("mechanism", compounds.mechanisms)["Histone Deacetylase Inhibitor"]
    others = [key for key in compounds.mechanisms if key not in hdac][:60]
    rng = np.random.default_rng(0)
    keys = [*hdac, *others]
    scores = np.round(rng.standard_normal(len(keys)) + np.isin(keys, hdac), 1)
    table = compound_classes(["a", "b"], np.vstack([scores, -scores]), keys)
    rows = table[table["term"] == "Histone Deacetylase Inhibitor"]
    expected = mannwhitneyu(scores[: len(hdac)], scores[len(hdac) :], method="asymptotic")
    np.testing.assert_allclose(rows["pvalue"], [expected.pvalue] * 2, rtol=1e-6)
    np.testing.assert_allclose(rows["auroc"].iloc[0], expected.statistic / (len(hdac) * len(others)))
    np.testing.assert_allclose(rows["score"].iloc[0], -rows["score"].iloc[1])
    assert set(rows["compounds"].iloc[0].split(";")) == {compounds.name(key) for key in hdac}
