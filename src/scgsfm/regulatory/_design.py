"""Design of elements: edits that raise the activity in one cell type and hold it in others."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scgsfm.motifs import Motifs

    from ._design_limits import DesignLimits

Method: TypeAlias = Literal["greedy", "evolutionary"]
BASES = "ACGT"
POPULATION, GENERATIONS = 64, 40
"""Number of candidates of the evolutionary search, and of its rounds."""
N_TRIED, N_SITES, MAX_SITE_CHANGES = 256, 32, 5
"""Number of binding sites that are tried in a start, of the best that are used, and largest number of changes of one."""


class DesignModel(Protocol):
    """What design needs of a model of activity, such as :class:`scgsfm.models.r3lm.R3LM`."""

    cell_types: list[str]
    length: int
    motifs: Motifs

    def predict(self, sequences: Sequence[str], /, *, mode: Literal["joint", "card"] = "joint") -> np.ndarray: ...
    def predict_substitutions(self, sequences: Sequence[str], /) -> list[np.ndarray]: ...


@dataclass(frozen=True)
class Goal:
    """What a design aims at.

    Parameters
    ----------
    target
        Position of the cell type whose activity rises.
    held
        Positions of the cell types whose activity is held.
    max_shift
        By how much the activity in these may differ from that of the start.
    max_changes
        Largest number of bases that differ from the start.
    min_gain
        An edit of the greedy search raises the activity by at least this much.
    """

    target: int
    held: tuple[int, ...]
    max_shift: float
    max_changes: int
    min_gain: float = 0.01

    def excess(self, activity: np.ndarray, start: np.ndarray) -> np.ndarray:
        """By how much the activity in the held cell types has shifted beyond the limit (… × cell types → …)."""
        shift = np.abs(activity - start)[..., list(self.held)]
        return np.asarray(np.maximum(shift - self.max_shift, 0).sum(axis=-1))


@dataclass(frozen=True, eq=False)
class Design:
    """A path of edits: sequences from the start to the design, and the edit before each but the first."""

    sequences: list[str]
    edits: list[tuple[int, str, str]] = field(default_factory=list)
    """Position (0-based), base before, base after."""
    variants: dict[str, np.ndarray] = field(default_factory=dict)
    """Predictions of all variants (positions × 4 × cell types) of those sequences for which the search computed them."""


def design(
    model: DesignModel,
    starts: Sequence[str],
    goal: Goal,
    limits: DesignLimits,
    *,
    method: Method,
    rng: np.random.Generator,
) -> list[Design]:
    """Design elements.

    The greedy search takes the single edit with the largest gain that keeps all limits, until the budget is spent or no
    edit gains. The evolutionary search improves sets of edits by mutation, recombination and whole binding sites, from
    the result of the greedy one, so that it is never worse; its edits are then ordered by their gain.

    Parameters
    ----------
    model
        The model.
    starts
        Sequences of A, C, G and T, in upper case.
    goal, limits
        The goal, and what each edit must keep. No edit makes a flaw of the start worse.
    method
        The search.
    rng
        Generator of the evolutionary search.
    """
    before = model.predict(starts)
    paths = _greedy(model, starts, before, goal, limits)
    if method == "greedy" or goal.max_changes == 0:
        return paths
    return [_evolved(model, path, own, goal, limits, rng) for path, own in zip(paths, before, strict=True)]


def _greedy(
    model: DesignModel, starts: Sequence[str], before: np.ndarray, goal: Goal, limits: DesignLimits
) -> list[Design]:
    designs = [Design([start]) for start in starts]
    active = list(range(len(designs)))
    for _ in range(goal.max_changes):
        of_all = model.predict_substitutions([designs[i].sequences[-1] for i in active])
        for i, values in zip(list(active), of_all, strict=True):
            if not _add_best_edit(designs[i], values, before[i], goal, limits):
                active.remove(i)
        if not active:
            break
    return designs


def _add_best_edit(design: Design, values: np.ndarray, before: np.ndarray, goal: Goal, limits: DesignLimits) -> bool:
    """Add the edit with the largest gain, if any gains enough; ``values`` are the predictions of all variants."""
    sequence = design.sequences[-1]
    design.variants[sequence] = values
    now = values[0, BASES.index(sequence[0])]
    gain = (values - now)[..., goal.target].astype(np.float64)
    fits = goal.excess(values, before) <= goal.excess(now, before) + 1e-6
    gain[~fits] = -np.inf
    gain[[at for at, _, _ in design.edits]] = -np.inf  # a position is edited once
    edit = _first_allowed(sequence, gain, goal, limits)
    if edit is None:
        return False
    at, base = edit
    design.edits.append((at, sequence[at], base))
    design.sequences.append(_with(sequence, at, base))
    return True


def _first_allowed(sequence: str, gain: np.ndarray, goal: Goal, limits: DesignLimits) -> tuple[int, str] | None:
    """The edit with the largest gain that keeps the limits, if any gains enough."""
    flaws = limits.flaws(sequence)
    for i in np.argsort(-gain, axis=None, kind="stable").tolist():
        at, base = i // 4, BASES[i % 4]
        if not gain[at, i % 4] >= goal.min_gain:
            return None
        if limits.flaws(_with(sequence, at, base)).at_most(flaws):
            return at, base
    return None


def _evolved(
    model: DesignModel,
    path: Design,
    before: np.ndarray,
    goal: Goal,
    limits: DesignLimits,
    rng: np.random.Generator,
) -> Design:
    """The path to the best sequence of an evolutionary search from a greedy one."""
    start = path.sequences[0]
    effects = path.variants[start][..., goal.target] - before[goal.target]
    best = _evolve(model, start, path.sequences[-1], before, effects, goal, limits, rng)
    ordered = _ordered(model, start, best, goal)
    ordered.variants.update(path.variants)
    return ordered


def _evolve(
    model: DesignModel,
    start: str,
    first: str,
    before: np.ndarray,
    effects: np.ndarray,
    goal: Goal,
    limits: DesignLimits,
    rng: np.random.Generator,
) -> str:
    """The best sequence of an evolutionary search over sets of edits, drawn by the effects of single ones."""
    flaws = limits.flaws(start)
    chances = np.exp(np.clip(4 * effects.astype(np.float64), -8, 8))
    chances[np.arange(len(start)), [BASES.index(base) for base in start]] = 0
    chances /= chances.sum()
    known: dict[str, float] = {}

    def score(sequences: list[str]) -> None:
        new = [each for each in dict.fromkeys(sequences) if each not in known]
        allowed = [each for each in new if limits.flaws(each).at_most(flaws)]
        known.update(dict.fromkeys(new, -np.inf))
        if allowed:
            values = model.predict(allowed)
            scores = values[:, goal.target] - np.where(goal.excess(values, before) > 1e-6, np.inf, 0)
            known.update(zip(allowed, scores.tolist(), strict=True))

    def placed(site: dict[int, str]) -> str:
        return "".join(site.get(i, base) for i, base in enumerate(start))

    tried = _sites(start, model.motifs, goal.max_changes, rng)
    score([start, first, *map(placed, tried)])
    sites = sorted(tried, key=lambda site: (-known[placed(site)], placed(site)))[:N_SITES]
    sites = [site for site in sites if known[placed(site)] > known[start]]
    population = [start, first, *map(placed, sites)]
    for _ in range(GENERATIONS):
        children = [
            _child(start, population[i], population[j], chances, sites, goal.max_changes, rng)
            for i, j in rng.integers(len(population), size=(POPULATION, 2))
        ]
        score(children)
        ranked = sorted(dict.fromkeys(population + children), key=lambda each: (-known[each], each))
        population = [each for each in ranked[: POPULATION // 2] if np.isfinite(known[each])]
    return population[0]


def _sites(start: str, motifs: Motifs, max_changes: int, rng: np.random.Generator) -> list[dict[int, str]]:
    """Edits that complete the consensus of some motifs where the fewest changes are needed, on either strand."""
    codes = np.array([BASES.index(base) for base in start])
    out = []
    for motif in rng.permutation(len(motifs)).tolist():
        consensus = motifs.counts[motifs.starts[motif] : motifs.starts[motif + 1]].argmax(axis=1)
        if len(consensus) > len(start):
            continue
        windows = np.lib.stride_tricks.sliding_window_view(codes, len(consensus))
        both = consensus, 3 - consensus[::-1]
        n_changes = np.stack([(windows != each).sum(axis=1) for each in both])
        strand, at = np.unravel_index(int(n_changes.argmin()), n_changes.shape)
        if 0 < n_changes[strand, at] <= min(max_changes, MAX_SITE_CHANGES):
            site = both[strand]
            out.append({int(at) + i: BASES[b] for i, b in enumerate(site.tolist()) if b != codes[at + i]})
        if len(out) == N_TRIED:
            break
    return out


def _child(
    start: str,
    one: str,
    other: str,
    chances: np.ndarray,
    sites: Sequence[dict[int, str]],
    max_changes: int,
    rng: np.random.Generator,
) -> str:
    """A recombination of two sequences with one or two more edits or a binding site, within the budget."""
    cut = int(rng.integers(len(start) + 1))
    bases = list(one[:cut] + other[cut:]) if rng.random() < 0.5 else list(one)
    if sites and rng.random() < 0.3:
        for at, base in sites[int(rng.integers(len(sites)))].items():
            bases[at] = base
    for _ in range(int(rng.integers(0, 3))):
        edited = [i for i, base in enumerate(bases) if base != start[i]]
        if edited and rng.random() < 0.25:
            at = int(rng.choice(edited))
            bases[at] = start[at]
        else:
            i = int(rng.choice(chances.size, p=chances.ravel()))
            bases[i // 4] = BASES[i % 4]
    edited = [i for i, base in enumerate(bases) if base != start[i]]
    for at in rng.permutation(edited)[: max(len(edited) - max_changes, 0)].tolist():
        bases[at] = start[at]
    return "".join(bases)


def _ordered(model: DesignModel, start: str, end: str, goal: Goal) -> Design:
    """The path to a sequence that takes the remaining edit with the largest gain first."""
    design, left = Design([start]), [i for i, base in enumerate(end) if base != start[i]]
    while left:
        sequence = design.sequences[-1]
        options = [_with(sequence, at, end[at]) for at in left]
        best = int(model.predict(options)[:, goal.target].argmax())
        at = left.pop(best)
        design.edits.append((at, sequence[at], end[at]))
        design.sequences.append(options[best])
    return design


def _with(sequence: str, at: int, base: str) -> str:
    return sequence[:at] + base + sequence[at + 1 :]
