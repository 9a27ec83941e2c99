"""The network of activity."""

from __future__ import annotations

import torch
from torch.nn import functional as F  # noqa: N812  # as in all code with torch

from scgsfm.models.r3lm._network import ActivityConfig, SequenceBranch, one_hot

SIZES = ActivityConfig(2, 5, length=40, stem=6, widths=(6, 8), kernels=(3, 3), repeats=(2, 1), hidden=6)


def by_hand(branch: SequenceBranch, x: torch.Tensor) -> torch.Tensor:
    """The first layer as a convolution, then the rest."""
    sites = F.avg_pool1d(F.relu(branch.stem(x)), SIZES.pool)
    y = branch.body(branch.stem_norm(sites[:, :, None]))[:, :, 0]
    return branch.head(torch.cat([y.mean(2), y.amax(2), branch.by_place(y)[:, :, 0]], 1))


def test_strands() -> None:
    """One strand, and the mean over both, whichever of them is given."""
    torch.manual_seed(0)
    branch = SequenceBranch(SIZES)
    codes = torch.randint(0, 5, (7, 40))
    x = one_hot(codes)
    branch(x)  # moves the means of normalisation from zero
    branch.eval()
    other = x.flip(1, 2)
    with torch.inference_mode():
        torch.testing.assert_close(branch(x), by_hand(branch, x))
        both = (by_hand(branch, x) + by_hand(branch, other)) / 2
        torch.testing.assert_close(branch.both_strands(x), both)
        torch.testing.assert_close(branch.both_strands(other), both)
    assert (branch(x) - branch(other)).abs().max() > 1e-3
