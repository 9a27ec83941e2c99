"""Explanations of predictions, whose claims hold for the model's predictions of shuffled sequences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import random_generator

from ._trace_templates import Claims, claims_of, write_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._card import Card
    from ._trace import Trace
    from ._trace_templates import TraceWriter

N_SHUFFLES = 16
AGREEMENT = 0.9
"""Fraction of the shuffles that must change the prediction in the claimed direction."""
MIN_EFFECT = 0.05
"""Mean change of the prediction below which nothing is claimed."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """A prediction and its reasons.

    Parameters
    ----------
    card
        The card of the sequence.
    trace
        The reasoning; each motif that it calls activating or repressing changes the prediction accordingly.
    prediction
        The predicted activity in the card's cell type.
    effects
        For each hit of the card, the prediction minus its mean over shuffles of the hit's bases.
    spread
        Standard deviation over the shuffles.
    cited
        1 if the trace calls the hit activating, -1 if repressing, else 0.
    """

    card: Card
    trace: Trace
    prediction: float
    effects: np.ndarray
    spread: np.ndarray
    cited: np.ndarray


def shuffled(sequence: str, start: int, end: int, rng: np.random.Generator) -> str:
    """The sequence with the bases from ``start`` to ``end`` in another order, if there is one."""
    inside = np.frombuffer(sequence[start:end].encode(), np.uint8)
    other = rng.permutation(inside)
    if len(set(inside.tolist())) > 1:
        while (other == inside).all():
            other = rng.permutation(inside)
    return sequence[:start] + other.tobytes().decode() + sequence[end:]


def shuffle_effects(
    predict: Callable[[list[str]], np.ndarray],
    sequence: str,
    intervals: Sequence[tuple[int, int]],
    *,
    rng: np.random.Generator,
    n_shuffles: int = N_SHUFFLES,
) -> tuple[float, np.ndarray]:
    """The prediction for a sequence, and its decrease in shuffles of each interval (intervals × shuffles)."""
    changed = [shuffled(sequence, *interval, rng) for interval in intervals for _ in range(n_shuffles)]
    values = np.asarray(predict([sequence, *changed]), np.float64)
    return float(values[0]), values[0] - values[1:].reshape(len(intervals), n_shuffles)


def explain(
    predict: Callable[[list[str]], np.ndarray],
    card: Card,
    *,
    level_of: Callable[[float], int],
    rng: int | np.random.Generator | None = 0,
    n_shuffles: int = N_SHUFFLES,
    min_effect: float = MIN_EFFECT,
    writer: TraceWriter | None = None,
) -> Explanation:
    """Explain a prediction by the motifs of its card.

    The first half of the shuffles of a motif proposes whether it is activating or repressing. The claim is kept if at
    least 90 % of all shuffles agree with it, and the second half changes the prediction by ``min_effect`` on average.

    Parameters
    ----------
    predict
        The model in the card's cell type: sequences to activities.
    card
        The card of the sequence.
    level_of
        Returns the level of an activity, 0 to 3.
    rng
        Seed or generator of the shuffles and the wording.
    n_shuffles
        Number of shuffles of each motif.
    min_effect
        Mean change of the prediction below which nothing is claimed.
    writer
        Writes the trace instead, see :func:`write_trace`. Its claims must hold.

    Returns
    -------
    The explanation.
    """
    generator = random_generator(rng)
    intervals = [(hit.start, hit.end) for hit in card.hits]
    prediction, losses = shuffle_effects(predict, card.sequence, intervals, rng=generator, n_shuffles=n_shuffles)
    effects, spread = losses.mean(axis=1), losses.std(axis=1)
    claims = claims_of(effects, min_effect=min_effect, allowed=_confirmed(losses, min_effect))
    trace = write_trace(card, effects, level_of(prediction), claims, generator, writer=writer)
    if writer is not None:
        _check_claims(trace, card, claims)
    cited = np.zeros(len(intervals), np.int8)
    cited[claims.activating], cited[claims.repressing] = 1, -1
    return Explanation(card, trace, prediction, effects.astype(np.float32), spread.astype(np.float32), cited)


def _confirmed(losses: np.ndarray, min_effect: float) -> set[int]:
    """The intervals whose effect the second half of the shuffles confirms."""
    half = losses.shape[1] // 2
    sign = np.sign(losses[:, :half].mean(axis=1))[:, None]
    agree = (losses * sign > 0).mean(axis=1) >= AGREEMENT
    holds = (losses[:, half:] * sign).mean(axis=1) >= min_effect
    return set(np.flatnonzero(agree & holds).tolist())


def _check_claims(trace: Trace, card: Card, claims: Claims) -> None:
    from scgsfm.errors import TraceError

    for role, true in (("activating", claims.activating), ("repressing", claims.repressing)):
        if false := set(trace.cited(card, role)) - set(true):  # type: ignore[arg-type]
            msg = f"The written trace calls {card.hits[min(false)].name} {role}, but the model's predictions don't support it."
            raise TraceError(msg)
