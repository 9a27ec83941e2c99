"""The features that the card branch reads."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from scgsfm.errors import ModelFormatError
from scgsfm.motifs import Motifs
from scgsfm.regulatory._features import N_COMPOSITION, CardFeatures, composition

SCORED = ["MA0114.5", "MA0035.5", "MA0002.3"]
SEQUENCES = ["".join(row) for row in np.random.default_rng(0).choice(list("ACGT"), (5, 200))] + ["ACGTN" * 40]


def test_against_the_whole_collection() -> None:
    motifs = Motifs.embedded()
    features = CardFeatures(motifs, SCORED)
    found = features(SEQUENCES)
    assert found.dtype == np.float32
    assert found.shape == (6, len(features)) == (6, 3 + len(motifs) + N_COMPOSITION)
    chosen = [motifs.ids.index(id_) for id_ in SCORED]
    np.testing.assert_array_equal(found[:, :3], motifs.best(SEQUENCES)[:, chosen])
    hits = motifs.scan(SEQUENCES)
    for i in range(6):
        counts = np.bincount(hits.motif[hits.sequence == i], minlength=len(motifs))
        np.testing.assert_array_equal(found[i, 3 : 3 + len(motifs)], np.minimum(counts, 4))
    np.testing.assert_array_equal(found[:, -N_COMPOSITION:], composition(SEQUENCES))


def test_composition_by_hand() -> None:
    gc, cpg, *pairs = composition(["ACGGN"])[0, :18].tolist()
    assert gc == pytest.approx(3 / 5)
    assert cpg == pytest.approx(1 / 4)
    # AC, CG and GG of the given strand; GT, CG and CC of the other
    there = dict.fromkeys(("AC", "GT", "GG", "CC"), 1) | {"CG": 2}
    expected = [there.get(a + b, 0) ** 0.5 for a in "ACGT" for b in "ACGT"]
    assert pairs == pytest.approx(expected)
    assert not composition(["", "A"])[:, 1:].any()


def test_words_against_counting() -> None:
    """Each word of six letters without N is counted once, under the smaller of it and its reverse complement."""
    complement = str.maketrans("ACGT", "TGCA")
    both = lambda word: min(word, word.translate(complement)[::-1])
    order = sorted({both("".join(word)) for word in itertools.product("ACGT", repeat=6)})
    found = composition([*SEQUENCES, "ACGTA", "", "ACGTAC"])[:, 18:]
    assert found.shape[1] == len(order) == 2080
    for row, sequence in zip(found, [*SEQUENCES, "ACGTA", "", "ACGTAC"], strict=True):
        words = [sequence[i : i + 6] for i in range(len(sequence) - 5)]
        counts = Counter(both(word) for word in words if "N" not in word)
        np.testing.assert_allclose(row, [counts[word] ** 0.5 for word in order])


def test_unknown_motif() -> None:
    with pytest.raises(ValueError, match="motifs MA9999.1 of the model are not in Motifs"):
        CardFeatures(Motifs.embedded(), ["MA9999.1"])


def test_motifs_of_another_release_are_refused() -> None:
    """They have other features, and the network that reads them failed at the first prediction."""
    scored = ["MA0114.5", "MA0035.5"]
    expected = len(CardFeatures(Motifs.embedded("jaspar2026"), scored))
    with pytest.raises(
        ModelFormatError, match=r"n_features = 3,119, but 2 scored .* 2,979 features\. Restore its `motifs`"
    ):
        CardFeatures(Motifs.embedded("jaspar2024"), scored, expected=expected)
