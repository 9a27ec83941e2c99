"""Activities of all single-base variants of sequences: only positions that a variant reaches are computed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, max_pool1d, pad, relu

from ._network import Convolution, one_hot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._network import SequenceBranch

HALO = 16
"""Positions beyond both ends of a sequence. Their activations are 0, so that they have no part in a convolution."""


class _Level(NamedTuple):
    """A layer, its folded weights (taps × inputs × outputs), and its values for the sequences themselves."""

    taps: Tensor | None
    residual: bool
    before: Tensor
    """Values before the ReLU of a convolution, or of a pooling layer; positions with halo × sequences × channels."""
    after: Tensor


def substituted_activities(branch: SequenceBranch, codes: Tensor) -> Tensor:
    """Activities of all variants, on one strand.

    Parameters
    ----------
    branch
        A network in evaluation mode.
    codes
        Sequences × positions, 0 to 3 for A, C, G and T.

    Returns
    -------
    Sequences × positions × 3 × outputs. The variants of a position have the bases one, two and three after its own, in
    circular order.
    """
    stem, levels = _reference(branch, codes)
    stride = branch.pool * 2 ** sum(level.taps is None for level in levels)
    parts = {}
    for first in range(stride):  # windows of positions with the same remainder have the same shape
        sites = torch.arange(first, codes.shape[1], stride, device=codes.device)
        if len(sites):
            parts[first] = sites, _at_sites(branch, codes, stem, levels, first, sites)
    out = torch.empty((*codes.shape, 3, next(iter(parts.values()))[1].shape[-1]), device=codes.device)
    for sites, values in parts.values():
        out[:, sites] = values.transpose(0, 1)
    return out


def _padded(x: Tensor, value: float = 0.0) -> Tensor:
    """Rows × positions × channels as positions with halo × rows × channels."""
    return pad(x.transpose(0, 1), (0, 0, 0, 0, HALO, HALO), value=value).contiguous()


def _folded(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """Factor and offset of batch normalization."""
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)  # type: ignore[arg-type, operator]
    return factor, norm.bias - norm.running_mean * factor  # type: ignore[operator]


def _reference(branch: SequenceBranch, codes: Tensor) -> tuple[Tensor, list[_Level]]:
    """Values of all layers for the sequences: those of the first layer before its ReLU, and the levels after it."""
    width = branch.stem.kernel_size[0]
    x = pad(one_hot(codes), (width // 2, width // 2)).unfold(2, width, 1).permute(0, 2, 1, 3).flatten(2)
    stem = linear(x, branch.stem.weight.flatten(1), branch.stem.bias)
    cells = relu(stem).view(len(codes), -1, branch.pool, stem.shape[2]).mean(2)
    factor, offset = _folded(branch.stem_norm)
    x = factor * cells + offset
    levels = []
    for layer in branch.body:
        if isinstance(layer, Convolution):
            factor, offset = _folded(layer.norm)
            taps = (factor[:, None, None] * layer.conv.weight).permute(2, 1, 0).contiguous()
            half = len(taps) // 2
            y = pad(x, (0, 0, half, half)).unfold(1, len(taps), 1)  # rows × positions × inputs × taps
            before = linear(y.flatten(2), taps.permute(2, 1, 0).flatten(1), offset)
            residual = x.shape[2] == before.shape[2]
            x = relu(before) + x if residual else relu(before)
            levels.append(_Level(taps, residual, _padded(before, -torch.inf), _padded(x)))
        elif isinstance(layer, nn.MaxPool2d):
            x = max_pool1d(x.transpose(1, 2), 2).transpose(1, 2)
            levels.append(_Level(None, False, levels[-1].after, _padded(x)))
    return _padded(stem, -torch.inf), levels


def _gathered(values: Tensor, start: int, length: int, shifts: Tensor) -> Tensor:
    """Windows of padded values, shifted for each site: positions × sites × sequences × 1 × channels."""
    at = torch.arange(start + HALO, start + HALO + length, device=shifts.device)[:, None] + shifts
    return values.index_select(0, at.flatten()).view(length, len(shifts), values.shape[1], 1, -1)


def _at_sites(
    branch: SequenceBranch, codes: Tensor, stem: Tensor, levels: Sequence[_Level], first: int, sites: Tensor
) -> Tensor:
    """Activities of the variants of some positions, the first of which is ``first``: sites × sequences × 3 × outputs."""
    half, size = branch.stem.kernel_size[0] // 2, branch.pool
    start, end = (first - half) // size, (first + half) // size + 1
    shifts = sites - first
    before = _gathered(stem, size * start, size * (end - start), shifts)
    new = relu(before + _steps(branch, first, size * start, len(before))[:, codes[:, sites].T], inplace=True)
    change = (new - relu(before)).view(-1, size, *new.shape[1:]).mean(1) * _folded(branch.stem_norm)[0]
    shifts = shifts // size
    for level in levels:
        length = len(change)
        if level.taps is None:
            low, high = start // 2, (start + length - 1) // 2 + 1
            new = _gathered(level.before, 2 * low, 2 * (high - low), shifts).expand(-1, -1, -1, 3, -1).clone()
            new[start - 2 * low : start - 2 * low + length] += change
            shifts, start = shifts // 2, low
            cells = torch.arange(low, high, device=sites.device)[:, None] + shifts
            inside = (cells >= 0) & (
                cells < len(level.after) - 2 * HALO
            )  # the last position of an odd number is left out
            change = new.view(-1, 2, *new.shape[1:]).amax(1) - _gathered(level.after, low, high - low, shifts)
            change *= inside[:, :, None, None, None]
        else:
            reach = len(level.taps) // 2
            added = change.new_zeros((length + 2 * reach, change[0, ..., 0].numel(), level.taps.shape[2]))
            for k, tap in enumerate(level.taps):  # products with contiguous rows, added in place
                part = added[2 * reach - k : 2 * reach - k + length].view(-1, added.shape[2])
                part.addmm_(change.reshape(-1, change.shape[-1]), tap)
            start -= reach
            before = _gathered(level.before, start, len(added), shifts)
            y = relu(before + added.view(len(added), *change.shape[1:4], -1), inplace=True) - relu(before)
            if level.residual:
                y[reach : reach + length] += change
            change = y
    return _heads(branch, levels[-1].after[HALO:-HALO], change, (start + shifts).tolist())


def _steps(branch: SequenceBranch, at: int, start: int, length: int) -> Tensor:
    """Change of the first layer around a changed base: positions × base × 3 × filters."""
    weights = branch.stem.weight.permute(2, 1, 0)  # taps × bases × filters
    half = len(weights) // 2
    own = torch.arange(4, device=weights.device)
    other = (own[:, None] + torch.arange(1, 4, device=weights.device)) % 4
    out = weights.new_zeros((length, 4, 3, weights.shape[2]))
    for i in range(length):
        tap = at + half - (start + i)
        if 0 <= tap < len(weights):
            out[i] = weights[tap][other] - weights[tap][own][:, None]
    return out


def _heads(branch: SequenceBranch, reference: Tensor, change: Tensor, starts: list[int]) -> Tensor:
    """Activities from the last layer, whose values change from ``starts`` on."""
    n = len(reference)
    y = reference[:, None, :, None].expand(-1, *change.shape[1:4], -1).clone()
    for site, start in enumerate(starts):
        low, high = max(start, 0), min(start + len(change), n)
        y[low:high, site] += change[low - start : high - start, site]
    weights = branch.by_place.weight[:, 0].T
    by_place = (y * weights[:, None, None, None]).sum(0) + branch.by_place.bias  # type: ignore[operator]
    out: Tensor = branch.head(torch.cat([y.mean(0), y.amax(0), by_place], -1).flatten(0, 2))
    return out.view(*change.shape[1:4], -1)
