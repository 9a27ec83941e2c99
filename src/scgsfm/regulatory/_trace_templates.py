"""Traces written from the effects of the motifs on a card, with templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from ._card import CLUSTERED, GC_POOR, GC_RICH, REPEATED
from ._trace import MAX_STEPS, NO_MOTIF, NO_TAG, Role, Step, Trace, check_trace, cite, cite_family, cite_gc, cite_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ._card import Card


TraceWriter: TypeAlias = "Callable[[Card, np.ndarray, int], str]"
"""Writes the text of a trace from a card, the effects of its hits and the level."""

MAX_ACTIVATING, MAX_REPRESSING = 5, 3
"""Largest numbers of hits that a trace calls activating and repressing; the two strongest have their own steps."""
TEMPLATES: dict[str, tuple[str, ...]] = {
    "gc": (
        "A GC content of {gc:.3f} {gc_effect}.",
        "The base composition (GC {gc:.3f}) {gc_effect}.",
        "With a GC content of {gc:.3f} the element {gc_effect}.",
    ),
    "first": (
        "{name} at {place} binds and recruits coactivators, the strongest push towards transcription in {cell}.",
        "The site of {name} at {place} carries most of the activity in {cell}.",
        "In {cell} the factor behind {name} is expected on its site at {place}, which raises the output most.",
    ),
    "second": (
        "{name} at {place} adds to it.",
        "A further gain comes from {name} at {place}.",
        "{name} at {place} works in the same direction.",
    ),
    "more": (
        "Smaller gains come from {names}.",
        "The activity is raised further by {names}.",
        "Beyond these, there is support from {names}.",
    ),
    "repressing": (
        "The activity is held down by {names}.",
        "Against this, the output is lowered by {names}.",
        "Repression is expected through {names}.",
    ),
    "no gain": (
        "No motif raises the activity in {cell} dependably.",
        "None of the sites found is a dependable activator in {cell}.",
        "The motifs found bring no dependable gain in {cell}.",
    ),
    "no motif": (
        "No known motif passes the threshold, so no factor of {cell} finds a clear site.",
        "The sequence holds no recognisable binding site.",
        "Without a motif there is nothing for activators of {cell} to bind.",
    ),
    "cluster": (
        "The motifs lie close together, so that their factors can cooperate.",
        "Several sites within a few bases favour cooperative binding.",
        "The sites are clustered, as in many compact enhancers.",
    ),
    "repeat": (
        "A family occurs repeatedly, which raises its chance of being bound.",
        "Repeated sites of one family strengthen its occupancy.",
        "Several sites of the same family add up.",
    ),
    "no tag": (
        "The arrangement shows neither clustering nor repeats nor an extreme composition.",
        "No grammar beyond single sites stands out.",
        "Spacing and composition are unremarkable.",
    ),
    "bystander": (
        "Little in {cell} depends on {names}.",
        "The output hardly changes with {names}.",
        "There is hardly any part in {cell} for {names}.",
    ),
    "sum": (
        "Taken together, {balance}, on the background of its composition.",
        "On balance, {balance}.",
        "Weighing these influences, {balance}.",
    ),
}
_GC_EFFECT = {
    GC_RICH: "favours open chromatin and promoter-like activity",
    GC_POOR: "is typical of closed chromatin unless specific factors bind",
    None: "leaves the decision to the motifs",
}


class Claims(NamedTuple):
    """The hits of a card that raise and that lower the activity, strongest first."""

    activating: list[int]
    repressing: list[int]


def claims_of(effects: np.ndarray, *, min_effect: float, allowed: Collection[int] | None = None) -> Claims:
    """The allowed hits with the largest effects of at least ``min_effect``."""
    order = [int(i) for i in np.argsort(-np.abs(effects), kind="stable") if allowed is None or i in allowed]
    activating = [i for i in order if effects[i] >= min_effect][:MAX_ACTIVATING]
    repressing = [i for i in order if effects[i] <= -min_effect][:MAX_REPRESSING]
    return Claims(activating, repressing)


def write_trace(
    card: Card,
    effects: np.ndarray,
    level: int,
    claims: Claims,
    rng: np.random.Generator,
    *,
    writer: TraceWriter | None = None,
) -> Trace:
    """Write a trace that makes the given claims, and check it against its card.

    Parameters
    ----------
    card
        The card.
    effects
        The effect of each hit on the activity.
    level
        The conclusion, 0 to 3.
    claims
        Hits to call activating and repressing.
    rng
        Selects the wording.
    writer
        A function of the card, the effects and the level that writes the text instead, such as a call to a language model.

    Raises
    ------
    TraceError
        If the text of ``writer`` is not a trace, cites what is not on the card, or concludes another level.
    """
    if writer is not None:
        trace = Trace.parse(writer(card, effects, level))
        if trace.level != level:
            from scgsfm.errors import TraceError

            msg = f"The written trace concludes level {trace.level}, but the measured level is {level}."
            raise TraceError(msg)
    else:
        trace = Trace(tuple(_Steps(card, rng).steps(claims, level)), level)
    check_trace(trace, card)
    return trace


class _Steps:
    """Steps about a card in randomly selected wording."""

    def __init__(self, card: Card, rng: np.random.Generator) -> None:
        self.card, self.rng = card, rng

    def say(
        self, what: str, role: Role, evidence: Sequence[str], hits: Sequence[int] = (), **words: str | float
    ) -> Step:
        text = TEMPLATES[what][self.rng.integers(len(TEMPLATES[what]))]
        cited = [self.card.hits[i] for i in hits]
        if cited:
            words |= {"name": cited[0].name, "place": f"{cited[0].start}-{cited[0].end}"}
            words["names"] = " and ".join(
                ", ".join(f"{hit.name} at {hit.start}-{hit.end}" for hit in cited).rsplit(", ", 1)
            )
        text = text.format(cell=self.card.cell_type, gc=self.card.gc, **words)
        return Step(text[0].upper() + text[1:] if not cited else text, role, (*map(cite, cited), *evidence))

    def steps(self, claims: Claims, level: int) -> list[Step]:
        card, (up, down) = self.card, claims
        gc_tag = next((tag for tag in card.tags if tag in (GC_RICH, GC_POOR)), None)
        gc = [cite_gc(card)]
        steps = [
            self.say("gc", "context", [*gc, *([cite_tag(gc_tag)] if gc_tag else [])], gc_effect=_GC_EFFECT[gc_tag])
        ]
        for what, hits in (("first", up[:1]), ("second", up[1:2]), ("more", up[2:])):
            steps += [self.say(what, "activating", [], hits)] if hits else []
        if not card.hits:
            steps.append(self.say("no motif", "context", [NO_MOTIF]))
        elif not up:
            steps.append(self.say("no gain", "context", list(map(cite_family, card.families[:3]))))
        steps += [self.say("repressing", "repressing", [], down)] if down else []
        steps.append(self._grammar())
        strongest = [cite(card.hits[i]) for i in [*up[:2], *down[:1]]] or gc
        last = self.say("sum", "context", strongest, balance=_balance(claims, level))
        return [*steps, *self._fillers(claims, 4 - len(steps)), last][:MAX_STEPS]

    def _grammar(self) -> Step:
        tags = [tag for tag in self.card.tags if tag == CLUSTERED or tag.startswith(REPEATED)]
        if not tags:
            return self.say("no tag", "context", [cite_gc(self.card)] if self.card.tags else [NO_TAG])
        return self.say("cluster" if CLUSTERED in tags else "repeat", "context", list(map(cite_tag, tags)))

    def _fillers(self, claims: Claims, n: int) -> list[Step]:
        """Steps about hits without an effect, then about the GC content, up to the minimal length of a trace."""
        rest = [i for i in range(len(self.card.hits)) if i not in {*claims.activating, *claims.repressing}]
        fillers = [self.say("bystander", "context", [], part) for part in (rest[:2], rest[2:4]) if part]
        evidence = [cite_gc(self.card), *([] if self.card.hits else [NO_MOTIF])]
        while len(fillers) < n:
            fillers.append(self.say("gc", "context", evidence, gc_effect="has no further influence"))
        return fillers[: max(n, 0)]


def _balance(claims: Claims, level: int) -> str:
    outcome = ("hardly any", "a low", "a middling", "a high")[level]
    if claims.activating and claims.repressing:
        return f"activating and repressing sites compete and leave {outcome} activity"
    if claims.activating:
        return f"the activating sites lead to {outcome} activity"
    if claims.repressing:
        return f"the repressing sites leave {outcome} activity"
    return f"there is {outcome} activity to expect"
