"""All variants at once equal the prediction of each variant, for the embedded model and for other sizes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import scgsfm
from scgsfm.models.r3lm._network import ActivityConfig, SequenceBranch, one_hot
from scgsfm.models.r3lm._substitutions import substituted_activities

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(
    ("length", "pool", "widths", "kernels", "repeats"),
    [
        (200, 4, (16, 24, 32), (5, 5, 3), (1, 2, 1)),
        (72, 2, (12, 12), (3, 7), (2, 2)),
        (90, 5, (8, 8, 8), (3, 3, 3), (1, 1, 1)),
    ],
)
def test_network(length: int, pool: int, widths: tuple[int], kernels: tuple[int], repeats: tuple[int]) -> None:
    """Also for an odd number of positions, of which pooling leaves out the last."""
    torch.manual_seed(0)
    config = ActivityConfig(
        n_outputs=2, n_features=1, length=length, pool=pool, stem=12, widths=widths, kernels=kernels, repeats=repeats
    )
    branch = SequenceBranch(config)
    for norm in branch.modules():
        if hasattr(norm, "running_mean"):
            torch.nn.init.normal_(norm.running_mean, std=0.3)
            torch.nn.init.uniform_(norm.running_var, 0.5, 2)
            torch.nn.init.normal_(norm.bias, std=0.3)
            torch.nn.init.uniform_(norm.weight, -1, 1)
    branch.eval()
    codes = torch.randint(0, 4, (2, length))
    with torch.inference_mode():
        found = substituted_activities([branch], codes, np.arange(length))
        some = substituted_activities([branch], codes, np.array([3, length - 1]))
        rows = codes[:, None, None].repeat(1, length, 3, 1)
        for at in range(length):
            for step in range(3):
                rows[:, at, step, at] = (codes[:, at] + 1 + step) % 4
        expected = branch.both_strands(one_hot(rows.reshape(-1, length))).view(found.shape)
    np.testing.assert_allclose(some, found[:, [3, length - 1]], atol=1e-6)
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert expected.std() > 1e-3


@pytest.mark.parametrize("mode", ["joint", "sequence", "card"])
def test_embedded_model(mode: str) -> None:
    """A full and a shorter element, in lower case; some positions of each, and the ends."""
    model = scgsfm.models.load("r3lm-mini")
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("acgt"), n)) for n in (model.length, 61)]
    found = model.predict_substitutions(sequences, mode=mode)
    for text, values in zip(sequences, found, strict=True):
        assert values.shape == (len(text), 4, 3)
        assert values.dtype == np.float32
        sites = [0, 1, len(text) // 2, len(text) - 1]
        others = [text[:at] + base + text[at + 1 :] for at in sites for base in "ACGT"]
        np.testing.assert_allclose(values[sites].reshape(-1, 3), model.predict(others, mode=mode), atol=1e-5)


def test_errors() -> None:
    model = scgsfm.models.load("r3lm-mini")
    with pytest.raises(ValueError, match="must consist of A, C, G and T"):
        model.predict_substitutions(["ACGN"])
    with pytest.raises(ValueError, match="has 201 bases"):
        model.predict_substitutions(["A" * 201])
    assert model.predict_substitutions([]) == []
