"""Activities of all single-base variants of sequences: only cells that a variant reaches are computed again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear, max_pool1d, pad, relu

from ._network import Convolution, one_hot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ._network import CardBranch, SequenceBranch

BLOCK = 40
"""Number of positions whose variants pass through a layer at a time, so that changes stay in the cache."""
FIRST_LINEAR = 1
"""The first linear layer of the card branch, after dropout."""


class _Layer(NamedTuple):
    """A convolution with its folded weights (inputs × taps, last one first, × outputs), or the pooling of pairs."""

    weights: np.ndarray | None
    residual: bool
    before: np.ndarray
    """Values before the ReLU or the pooling: sequences × cells × channels."""


class Variants:
    """The variants of some sequences on one strand.

    Parameters
    ----------
    branch
        A network in evaluation mode.
    codes
        Sequences × positions, 0 to 3 for A, C, G and T.
    """

    def __init__(self, branch: SequenceBranch, codes: Tensor) -> None:
        self.branch, self.codes = branch, codes.cpu().numpy().astype(np.int64)
        factor, offset = _folded(branch.stem_norm)
        width = branch.stem.kernel_size[0]
        x = pad(one_hot(codes), (width // 2, width // 2)).unfold(2, width, 1).permute(0, 2, 1, 3).flatten(2)
        stem = linear(x, branch.stem.weight.flatten(1), branch.stem.bias)
        self.stem = _array(stem), _array(branch.stem.weight.permute(2, 1, 0)), _array(factor)
        x = factor * relu(stem).view(len(codes), -1, branch.pool, stem.shape[2]).mean(2) + offset
        self.layers: list[_Layer] = []
        for layer in branch.body:
            if isinstance(layer, Convolution):
                factor, offset = _folded(layer.norm)
                weights = factor[:, None, None] * layer.conv.weight
                half = weights.shape[2] // 2
                before = linear(
                    pad(x, (0, 0, half, half)).unfold(1, weights.shape[2], 1).flatten(2), weights.flatten(1), offset
                )
                residual = x.shape[2] == before.shape[2]
                flipped = _array(weights.permute(1, 2, 0).flip(1).flatten(1))
                self.layers.append(_Layer(flipped, residual, _array(before)))
                x = relu(before) + x if residual else relu(before)
            elif isinstance(layer, nn.MaxPool2d):
                self.layers.append(_Layer(None, False, _array(x)))
                x = max_pool1d(x.transpose(1, 2), 2).transpose(1, 2)
        self.last, self.by_place = _array(x), _array(branch.by_place.weight[:, 0].T)

    def activities(self, row: int, sites: np.ndarray) -> Tensor:
        """Activities of the variants of a sequence at some positions (sites × 3 × outputs)."""
        with torch.inference_mode():  # which holds for a thread
            x = torch.from_numpy(self._summaries(row, sites)).to(self.branch.stem.weight.device)
            bias: Any = self.branch.by_place.bias
            x[..., 2, :] += bias
            out: Tensor = self.branch.head(x.flatten(0, 1).flatten(1)).view(len(sites), 3, -1)
        return out

    def _summaries(self, row: int, sites: np.ndarray) -> np.ndarray:
        """Means, largest values and weighted sums of the last layer (sites × 3 × 3 × channels)."""
        from scgsfm.kernels import convolution_changes, first_layer_changes, pooling_changes, summary_changes

        parts = []
        before, weights, factor = self.stem
        for some in np.split(sites, range(BLOCK, len(sites), BLOCK)):
            pool = self.branch.pool
            change, starts = first_layer_changes(self.codes[row], some, before[row], weights, factor, pool)
            for layer in self.layers:
                if layer.weights is None:
                    change, starts = pooling_changes(change, starts, layer.before[row])
                else:
                    change, starts = convolution_changes(
                        change, starts, layer.before[row], layer.weights, layer.residual
                    )
            parts.append(summary_changes(change, starts, self.last[row], self.by_place))
        return np.concatenate(parts)


def substituted_activities(branches: Sequence[SequenceBranch], codes: Tensor, sites: np.ndarray) -> Tensor:
    """Activities of all variants at some positions, averaged over networks in evaluation mode and over both strands.

    Returns sequences × sites × 3 × outputs: the bases one, two and three after that of a position, in circular order.
    """
    strands = [(codes, sites), ((3 - codes).flip(1), codes.shape[1] - 1 - sites)]
    tasks: list[tuple[Variants, int, np.ndarray]] = []
    total: Any = 0
    for branch in branches:
        for strand, at in strands:
            variants = Variants(branch, strand)
            tasks += [(variants, row, at) for row in range(len(codes))]
    found = in_threads([partial(variants.activities, row, at) for variants, row, at in tasks])
    for first in range(0, len(tasks), len(codes)):
        values = torch.stack(found[first : first + len(codes)])
        # on the other strand, the base after a base is the one before it
        total = total + (values.flip(2) if first // len(codes) % 2 else values)
    mean: Tensor = total / (2 * len(branches))
    return mean


def substituted_cards(branch: CardBranch, own: np.ndarray, substituted: Sequence[Callable[[], np.ndarray]]) -> Tensor:
    """Activities of all variants by features of their cards, few of which differ from ``own``, those of the sequences.

    ``substituted`` computes those of the variants of each sequence (sites × 3 × features). Returns sequences × sites × 3 ×
    outputs.
    """
    from scgsfm.kernels import changed_products

    first: Any = branch.layers[FIRST_LINEAR]
    weights = _array((first.weight * branch.scale).T)

    def products(row: int) -> np.ndarray:
        change = substituted[row]()
        change -= own[row]
        return np.asarray(changed_products(change, weights))

    added = np.stack(in_threads([partial(products, row) for row in range(len(own))]))
    hidden = first((torch.from_numpy(own).to(first.weight.device) - branch.mean) * branch.scale)
    hidden = hidden[:, None, None] + torch.from_numpy(added).to(hidden.device)
    out: Tensor = branch.layers[FIRST_LINEAR + 1 :](hidden.flatten(0, 2)).view(*hidden.shape[:3], -1)
    return out


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let torch use one thread: the threads of :func:`in_threads` use all cores, and others would wait for them."""
    n = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(n)


def in_threads(tasks: Sequence[Any]) -> list[Any]:
    """Results of functions without arguments. Kernels release the GIL, so that threads suffice."""
    from numba import config

    with ThreadPoolExecutor(config.NUMBA_NUM_THREADS) as pool:  # type: ignore[attr-defined]
        return list(pool.map(lambda task: task(), tasks))


def _array(values: Tensor) -> np.ndarray:
    return np.ascontiguousarray(values.detach().cpu().numpy())


def _folded(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Factor and offset of batch normalization."""
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)  # type: ignore[arg-type, operator]
    return factor, norm.bias - norm.running_mean * factor  # type: ignore[operator]
