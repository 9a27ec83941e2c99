"""Why a model predicts what it predicts for a sequence: claims that its own answers to changed sequences bear out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._trace_templates import Claims, claims_of, write_trace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ._card import Card
    from ._trace import Trace
    from ._trace_templates import TraceWriter

N_SHUFFLES = 16
AGREEMENT = 0.9
"""Share of the shuffles that must change the prediction in the claimed direction."""
SMALLEST = 0.05
"""Mean change of the prediction, in its units, below which nothing is claimed."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """A prediction and its reasons.

    Parameters
    ----------
    card
        What is known of the sequence.
    trace
        Steps in words; each motif that it calls activating or repressing changes the prediction that way.
    prediction
        The predicted activity in the card's cell type.
    effects
        For each hit of the card, the prediction less its mean after the hit's bases are shuffled: what the motif adds.
    spread
        Standard deviation over the shuffles.
    cited
        1 where the trace calls the hit activating, -1 where it calls it repressing, else 0.
    """

    card: Card
    trace: Trace
    prediction: float
    effects: np.ndarray
    spread: np.ndarray
    cited: np.ndarray


def shuffled(sequence: str, start: int, end: int, rng: np.random.Generator) -> str:
    """The sequence with the bases from ``start`` to ``end`` in another order, if they have another."""
    inside = np.frombuffer(sequence[start:end].encode(), np.uint8)
    other = rng.permutation(inside)
    if len(set(inside.tolist())) > 1:
        while (other == inside).all():
            other = rng.permutation(inside)
    return sequence[:start] + other.tobytes().decode() + sequence[end:]


def shuffle_effects(
    predict: Callable[[list[str]], np.ndarray],
    sequence: str,
    places: Sequence[tuple[int, int]],
    *,
    rng: np.random.Generator,
    n_shuffles: int = N_SHUFFLES,
) -> tuple[float, np.ndarray]:
    """The prediction for a sequence, and what it loses when each place is shuffled (places × shuffles)."""
    changed = [shuffled(sequence, *place, rng) for place in places for _ in range(n_shuffles)]
    values = np.asarray(predict([sequence, *changed]), np.float64)
    return float(values[0]), values[0] - values[1:].reshape(len(places), n_shuffles)


def explain(
    predict: Callable[[list[str]], np.ndarray],
    card: Card,
    *,
    level_of: Callable[[float], int],
    rng: int | np.random.Generator | None = 0,
    n_shuffles: int = N_SHUFFLES,
    smallest: float = SMALLEST,
    writer: TraceWriter | None = None,
) -> Explanation:
    """Explain a prediction by the motifs of its card.

    Half of the shuffles of a motif propose whether it is activating or repressing; the claim is kept if all shuffles
    agree with it on the whole (at least 90 %) and the other half, too, changes the prediction by ``smallest`` on average.

    Parameters
    ----------
    predict
        The model in the card's cell type: sequences to activities.
    card
        The card of the sequence.
    level_of
        The level, 0 to 3, of an activity.
    rng
        Seed or generator of the shuffles and of the wording.
    n_shuffles
        Shuffles of each motif.
    smallest
        Mean change of the prediction below which nothing is claimed.
    writer
        Writes the trace instead; see :func:`write_trace`. Its claims must be those that hold.

    Returns
    -------
    The explanation.
    """
    generator = np.random.default_rng(rng)
    places = [(hit.start, hit.end) for hit in card.hits]
    prediction, losses = shuffle_effects(predict, card.sequence, places, rng=generator, n_shuffles=n_shuffles)
    effects, spread = losses.mean(axis=1), losses.std(axis=1)
    claims = claims_of(effects, smallest=smallest, allowed=_hold(losses, smallest))
    trace = write_trace(card, effects, level_of(prediction), claims, generator, writer=writer)
    if writer is not None:
        _check_claims(trace, card, claims)
    cited = np.zeros(len(places), np.int8)
    cited[claims.activating], cited[claims.repressing] = 1, -1
    return Explanation(card, trace, prediction, effects.astype(np.float32), spread.astype(np.float32), cited)


def _hold(losses: np.ndarray, smallest: float) -> set[int]:
    """The places whose effect the second half of the shuffles confirms."""
    half = losses.shape[1] // 2
    sign = np.sign(losses[:, :half].mean(axis=1))[:, None]
    agree = (losses * sign > 0).mean(axis=1) >= AGREEMENT
    confirmed = (losses[:, half:] * sign).mean(axis=1) >= smallest
    return set(np.flatnonzero(agree & confirmed).tolist())


def _check_claims(trace: Trace, card: Card, claims: Claims) -> None:
    from scgsfm.errors import TraceError

    for role, true in (("activating", claims.activating), ("repressing", claims.repressing)):
        if false := set(trace.cited(card, role)) - set(true):  # type: ignore[arg-type]
            msg = f"The written trace calls {card.hits[min(false)].name} {role}, which the model's answers don't bear out."
            raise TraceError(msg)
