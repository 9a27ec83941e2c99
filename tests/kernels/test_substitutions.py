from __future__ import annotations

import numpy as np

from scgsfm.dna import encode
from scgsfm.kernels import substituted_composition
from scgsfm.motifs import Motifs
from scgsfm.regulatory import CardFeatures, composition


def variants(sequence: str) -> list[str]:
    """All variants of each position, with the bases one, two and three after its own."""
    return [
        sequence[:at] + "ACGT"[("ACGT".index(base) + step) % 4] + sequence[at + 1 :]
        for at, base in enumerate(sequence)
        for step in (1, 2, 3)
    ]


def test_equals_features_of_each_variant() -> None:
    """Near both ends, in repeats, and in a sequence that is shorter than some motifs."""
    motifs = Motifs.embedded("jaspar2024")
    features = CardFeatures(motifs, motifs.ids[::5])
    rng = np.random.default_rng(0)
    for sequence in ("".join(rng.choice(list("ACGT"), 40)), "A" * 12 + "AGATAAGA" + "CG" * 8, "ACGTTGCA", "C"):
        found = features.substituted(sequence).reshape(3 * len(sequence), -1)
        np.testing.assert_array_equal(found, features(variants(sequence)))


def test_hits_and_best_scores() -> None:
    motifs = Motifs.embedded("jaspar2026")
    sequence = "".join(np.random.default_rng(1).choice(list("ACGT"), 60))
    best, counts = motifs.substituted(sequence.lower())
    assert best.shape == counts.shape == (60, 3, len(motifs))
    others = variants(sequence)
    np.testing.assert_array_equal(best.reshape(180, -1), motifs.best(others))
    hits = motifs.scan(others)
    expected = np.zeros((180, len(motifs)), int)
    np.add.at(expected, (hits.sequence, hits.motif), 1)
    np.testing.assert_array_equal(counts.reshape(180, -1), expected)
    assert expected.sum() > 100


def test_composition_of_dinucleotides() -> None:
    """With k-mers of a length of two and an id each, counts can be checked by hand."""
    ids = np.arange(16)
    found = substituted_composition(encode(["AAC"])[0], ids, 16, 2)
    assert found[0, 0, 0] == np.float32(2 / 3)  # CAC
    assert np.flatnonzero(found[0, 0, 18:]).tolist() == [1, 4]  # AC, CA
    np.testing.assert_array_equal(found[:, :, :18].reshape(9, 18), composition(variants("AAC"))[:, :18])
