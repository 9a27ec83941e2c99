"""The numbers that the branch on the card reads."""

from __future__ import annotations

import numpy as np
import pytest

from scgsfm.models.r3lm import Motifs
from scgsfm.models.r3lm._features import CardFeatures, composition

from .conftest import SCORED, random_dna

SEQUENCES = [*random_dna(5), "ACGTN" * 40]


def test_against_the_whole_collection():
    motifs = Motifs.embedded()
    features = CardFeatures(motifs, SCORED)
    found = features(SEQUENCES)
    assert found.dtype == np.float32
    assert found.shape == (6, len(features)) == (6, 3 + len(motifs) + 18)
    chosen = [motifs.ids.index(id_) for id_ in SCORED]
    np.testing.assert_array_equal(found[:, :3], motifs.best(SEQUENCES)[:, chosen])
    hits = motifs.scan(SEQUENCES)
    for i in range(6):
        counts = np.bincount(hits.motif[hits.sequence == i], minlength=len(motifs))
        np.testing.assert_array_equal(found[i, 3 : 3 + len(motifs)], np.minimum(counts, 4))
    np.testing.assert_array_equal(found[:, -18:], composition(SEQUENCES))


def test_composition_by_hand():
    gc, cpg, *pairs = composition(["ACGGN"])[0].tolist()
    assert gc == pytest.approx(3 / 5)
    assert cpg == pytest.approx(1 / 4)
    # AC, CG and GG of the given strand; GT, CG and CC of the other
    there = dict.fromkeys(("AC", "GT", "GG", "CC"), 1) | {"CG": 2}
    expected = [there.get(a + b, 0) ** 0.5 for a in "ACGT" for b in "ACGT"]
    assert pairs == pytest.approx(expected)
    assert not composition(["", "A"])[:, 1:].any()


def test_unknown_motif():
    with pytest.raises(ValueError, match="motifs MA9999.1 of the model are not among Motifs"):
        CardFeatures(Motifs.embedded(), ["MA9999.1"])
