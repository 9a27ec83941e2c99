"""The activity network: a convolutional branch on the sequence, a branch on features of the card, and their blend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.functional import conv2d, linear, pad, relu

if TYPE_CHECKING:
    from collections.abc import Sequence

N_BASES = 4
CPU_BATCH = 128
"""Number of sequences at a time on a CPU, so that activations stay in its cache."""


@dataclass(frozen=True)
class ActivityConfig:
    """Sizes of the network.

    The first layer is averaged over ``pool`` bases. Each stage has a width, a kernel and a number of layers, and halves
    the number of positions of the previous one. ``n_features`` is the number of card features, and ``networks`` the number
    of convolutional networks, which are averaged.
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
    """Convolution, batch normalization and ReLU, with a residual connection if the widths are equal."""

    def __init__(self, n_in: int, n_out: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(n_in, n_out, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(n_out)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the layer to rows × channels × 1 × positions."""
        # in two dimensions, since only these allow the channels-last layout, which is faster
        y = conv2d(x, self.conv.weight[:, :, None], padding=(0, self.conv.kernel_size[0] // 2))
        y = relu(self.norm(y), inplace=True)
        return x + y if x.shape[1] == y.shape[1] else y


class SequenceBranch(nn.Module):
    """Standardized activities from one strand of one-hot DNA (rows × 4 × positions)."""

    def __init__(self, config: ActivityConfig) -> None:
        super().__init__()
        self.pool = config.pool
        self.stem = nn.Conv1d(N_BASES, config.stem, config.stem_kernel, padding=config.stem_kernel // 2)
        self.stem_norm = nn.BatchNorm2d(config.stem)
        n_positions, width = config.length // config.pool, config.stem
        layers: list[nn.Module] = []
        for i, (n_out, kernel, n) in enumerate(zip(config.widths, config.kernels, config.repeats, strict=True)):
            if i:
                layers.append(nn.MaxPool2d((1, 2)))
                n_positions //= 2
            for _ in range(n):
                layers.append(Convolution(width, n_out, kernel))
                width = n_out
            layers.append(nn.Dropout2d(config.channel_dropout))
        self.body = nn.Sequential(*layers)
        self.by_place = nn.Conv1d(width, width, n_positions, groups=width)
        self.head = nn.Sequential(
            nn.BatchNorm1d(3 * width),
            nn.Dropout(config.dropout),
            nn.Linear(3 * width, config.hidden),
            nn.ReLU(),
            nn.Dropout(config.dropout),
            nn.Linear(config.hidden, config.n_outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Activities from the given strand, rows × outputs."""
        return self._activities(*self._sites(x, self.stem.weight))

    def both_strands(self, x: Tensor) -> Tensor:
        """Activities averaged over both strands."""
        # sites on the reverse strand are those of the reverse-complemented filters, in reverse order
        forward, reverse = self._sites(x, self.stem.weight, self.stem.weight.flip(1, 2))
        return self._activities(torch.cat([forward, reverse.flip(1)])).view(2, len(x), -1).mean(0)

    def _sites(self, x: Tensor, *filters: Tensor) -> list[Tensor]:
        """Pooled activations of sets of first-layer filters, rows × positions × filters each."""
        width = self.stem.kernel_size[0]
        windows = pad(x, (width // 2, width // 2)).unfold(2, width, 1).permute(0, 2, 1, 3).flatten(2)
        # as a matrix product, since convolution over only four channels is slow
        sites = [relu(linear(windows, each.flatten(1), self.stem.bias), inplace=True) for each in filters]
        # mean rather than max pooling: two sites count twice, and the backward pass is cheap
        return [each.view(len(x), -1, self.pool, each.shape[2]).mean(2) for each in sites]

    def _activities(self, sites: Tensor) -> Tensor:
        y = self.body(self.stem_norm(sites[:, None].permute(0, 3, 1, 2))).squeeze(2).float()
        out: Tensor = self.head(torch.cat([y.mean(2), y.amax(2), self.by_place(y)[:, :, 0]], 1))
        return out


class CardBranch(nn.Module):
    """Standardized activities from the features of cards."""

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
        out: Tensor = self.layers((features - self.mean) * self.scale)
        return out


class ActivityNetwork(nn.Module):
    """Both branches. ``blend`` holds, for each mode, the weights of sequence and card and an offset."""

    modes = ("joint", "sequence", "card")
    blend: Tensor

    def __init__(self, config: ActivityConfig) -> None:
        super().__init__()
        self.sequence = nn.ModuleList(SequenceBranch(config) for _ in range(config.networks))
        self.card = CardBranch(config)
        self.register_buffer("blend", torch.zeros(len(self.modes), 3, config.n_outputs))

    def forward(self, x: Tensor | None, features: Tensor | None, mode: str) -> Tensor:
        """Activities, log2 of RNA over DNA."""
        by_sequence, by_card, offset = self.blend[self.modes.index(mode)]
        out: Tensor = offset
        if mode != "card" and x is not None:
            batch = CPU_BATCH if x.device.type == "cpu" else len(x)
            parts = [self._networks(part) for part in torch.split(x, max(batch, 1))]
            out = out + by_sequence * torch.cat(parts)
        if mode != "sequence" and features is not None:
            out = out + by_card * self.card(features)
        return out

    def _networks(self, x: Tensor) -> Tensor:
        return torch.stack([network.both_strands(x) for network in self.sequence]).mean(0)  # type: ignore[operator]


def one_hot(codes: Tensor) -> Tensor:
    """One-hot encoding of codes (rows × positions → rows × 4 × positions); zero for N, the code 4."""
    return functional.one_hot(codes.long(), N_BASES + 1)[..., :N_BASES].float().transpose(1, 2)
