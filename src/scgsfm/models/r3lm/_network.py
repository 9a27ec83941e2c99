"""The network of activity: a convolutional branch on the sequence, a branch on the motifs of its card, and their sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from collections.abc import Sequence

LETTERS = 4
ROWS = 128
"""Sequences that a CPU takes at a time."""


@dataclass(frozen=True)
class ActivityConfig:
    """Sizes of the network.

    ``pool`` bases become one place after the first layer; each stage has a width, a kernel and a number of layers, and
    halves the places of the one before. ``n_features`` are the numbers that the branch on the card reads, ``networks`` is
    the number of convolutional networks, whose mean counts.
    """

    n_outputs: int
    n_features: int
    networks: int = 1
    length: int = 200
    stem: int = 160
    stem_kernel: int = 15
    pool: int = 4
    widths: Sequence[int] = (128, 192, 256)
    kernels: Sequence[int] = (5, 5, 3)
    repeats: Sequence[int] = (1, 2, 1)
    hidden: int = 256
    card_hidden: Sequence[int] = (512, 128)
    channel_dropout: float = 0.05
    dropout: float = 0.25


class Convolution(nn.Module):
    """Convolution, normalisation and ReLU, added to what came in where the widths are equal."""

    def __init__(self, n_in: int, n_out: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(n_in, n_out, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """The layer on rows × channels × 1 × places."""
        # in two dimensions, because only there channels may lie beside each other, which is faster
        y = F.conv2d(x, self.conv.weight[:, :, None], padding=(0, self.conv.kernel_size[0] // 2))
        y = F.relu(self.norm(y), inplace=True)
        return x + y if x.shape[1] == y.shape[1] else y


class SequenceBranch(nn.Module):
    """One strand of DNA (rows × letters × bases) to activities in units of their standard deviation."""

    def __init__(self, config: ActivityConfig) -> None:
        super().__init__()
        self.pool = config.pool
        self.stem = nn.Conv1d(LETTERS, config.stem, config.stem_kernel, padding=config.stem_kernel // 2)
        self.stem_norm = nn.BatchNorm2d(config.stem)
        places, width = config.length // config.pool, config.stem
        layers: list[nn.Module] = []
        for i, (n_out, kernel, n) in enumerate(zip(config.widths, config.kernels, config.repeats, strict=True)):
            if i:
                layers.append(nn.MaxPool2d((1, 2)))
                places //= 2
            for _ in range(n):
                layers.append(Convolution(width, n_out, kernel))
                width = n_out
            layers.append(nn.Dropout2d(config.channel_dropout))
        self.body = nn.Sequential(*layers)
        self.by_place = nn.Conv1d(width, width, places, groups=width)
        self.head = nn.Sequential(
            nn.BatchNorm1d(3 * width),
            nn.Dropout(config.dropout),
            nn.Linear(3 * width, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.n_outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Activities of one strand, rows × outputs."""
        return self._activities(*self._sites(x, self.stem.weight))

    def both_strands(self, x: Tensor) -> Tensor:
        """The mean over the strands."""
        # the other strand's sites are those of the reversed filters, from its end
        there, back = self._sites(x, self.stem.weight, self.stem.weight.flip(1, 2))
        return self._activities(torch.cat([there, back.flip(1)])).view(2, len(x), -1).mean(0)

    def _sites(self, x: Tensor, *filters: Tensor) -> list[Tensor]:
        """What filters of the first layer answer, rows × places × filters each."""
        width = self.stem.kernel_size[0]
        windows = F.pad(x, (width // 2, width // 2)).unfold(2, width, 1).permute(0, 2, 1, 3).flatten(2)
        # a product of matrices, because convolution of as few channels as letters is slow
        sites = [F.relu(F.linear(windows, each.flatten(1), self.stem.bias), inplace=True) for each in filters]
        # the mean, not the largest: two sites count twice, and the backward pass is cheap
        return [each.unflatten(1, (-1, self.pool)).mean(2) for each in sites]

    def _activities(self, sites: Tensor) -> Tensor:
        y = self.body(self.stem_norm(sites[:, None].permute(0, 3, 1, 2))).squeeze(2).float()
        return self.head(torch.cat([y.mean(2), y.amax(2), self.by_place(y)[:, :, 0]], 1))


class CardBranch(nn.Module):
    """Numbers of the card to activities in units of their standard deviation."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: ActivityConfig) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(config.n_features))
        self.register_buffer("scale", torch.ones(config.n_features))
        first, second = config.card_hidden
        self.layers = nn.Sequential(
            nn.Dropout(0.4 * config.dropout),
            nn.Linear(config.n_features, first),
            nn.BatchNorm1d(first),
            nn.GELU(),
            nn.Dropout(2 * config.dropout),
            nn.Linear(first, second),
            nn.GELU(),
            nn.Dropout(config.dropout),
            nn.Linear(second, config.n_outputs),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Activities, rows × outputs."""
        return self.layers((features - self.mean) * self.scale)


class ActivityNetwork(nn.Module):
    """Both branches. ``blend`` holds the weights of sequence and card and an offset for each way of predicting."""

    modes = ("joint", "sequence", "card")
    blend: Tensor

    def __init__(self, config: ActivityConfig) -> None:
        super().__init__()
        self.sequence = nn.ModuleList(SequenceBranch(config) for _ in range(config.networks))
        self.card = CardBranch(config)
        self.register_buffer("blend", torch.zeros(len(self.modes), 3, config.n_outputs))

    def forward(self, x: Tensor | None, features: Tensor | None, mode: str) -> Tensor:
        """Activities in their own units."""
        by_sequence, by_card, offset = self.blend[self.modes.index(mode)]
        out = offset
        if mode != "card" and x is not None:
            at_a_time = ROWS if x.device.type == "cpu" else len(x)
            parts = [self._networks(part) for part in x.split(max(at_a_time, 1))]
            out = out + by_sequence * torch.cat(parts)
        if mode != "sequence" and features is not None:
            out = out + by_card * self.card(features)
        return out

    def _networks(self, x: Tensor) -> Tensor:
        return torch.stack([network.both_strands(x) for network in self.sequence]).mean(0)  # type: ignore[operator]


def one_hot(codes: Tensor) -> Tensor:
    """Rows × bases of 0 to 4 → rows × letters × bases; all zero for 4, which is N."""
    return F.one_hot(codes.long(), LETTERS + 1)[..., :LETTERS].float().transpose(1, 2)
