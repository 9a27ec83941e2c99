"""Constrained decoding: the tokens that may follow when a model copies entities out of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._tokenizer import TAGS

if TYPE_CHECKING:
    from ._encoder import Encoder

MAX_ENTITIES = 3
"""Maximum number of entities of a question."""


class SpanConstraint:
    """Constrains a model to write ``<kind>words of the question</kind>``, once to three times.

    The written characters are matched to all positions of the question at which they occur, like the states of a
    nondeterministic automaton.

    Parameters
    ----------
    question
        The question; a span begins and ends at word boundaries.
    encoder
        Encoder of the model.
    """

    def __init__(self, question: str, encoder: Encoder) -> None:
        text = question.replace("<", "(").replace(">", ")").strip()
        self.encoder = encoder
        self.close = {kind: encoder.tokens(f"</{kind}>") for kind in TAGS}
        parts = {c: self._inside(c) for c in dict.fromkeys(text)}
        self.characters = [token for c in text for token in parts[c]]
        offset = [0]
        for c in text:
            offset.append(offset[-1] + len(parts[c]))
        # consecutive letters or digits are never separated
        bounds = {i for i in range(len(text) + 1) if not text[max(i - 1, 0) : i + 1].isalnum() or i in (0, len(text))}
        starts = [i for i in bounds if i < len(text) and text[i] != " "]
        ends = [i for i in bounds if i and text[i - 1] != " "]
        self.starts, self.ends = {offset[i] for i in starts}, {offset[i] for i in ends}
        self.n_read = self.n_entities = 0
        self._begin()

    def _inside(self, character: str) -> list[int]:
        """Tokens of a character within tags."""
        whole = self.encoder.tokens(f"<gene>{character}</gene>")
        return whole[len(self.encoder.tokens("<gene>")) : len(whole) - len(self.close["gene"])]

    def allowed(self, written: list[int]) -> set[int]:
        """Tokens that may follow the written ones; must be called once per token."""
        for token in written[self.n_read :]:
            self._take(token)
        self.n_read = len(written)
        if self.kind is None:
            opening = {tokens[0] for tokens in self.opening.values()} if self.n_entities < MAX_ENTITIES else set()
            return opening | (set(self.encoder.end) if self.n_entities and not self.started else set())
        if self.closing is not None:
            return {self.closing[0]}
        n = len(self.characters)
        follow = {self.characters[p] for p in self.positions if p < n}
        if self.length and self.positions & self.ends:
            follow.add(self.close[self.kind][0])
        return follow

    def _begin(self) -> None:
        gap = " " if self.n_entities else ""
        self.opening = {kind: self.encoder.tokens(f"{gap}<{kind}>") for kind in TAGS}
        self.started = False
        self.kind: str | None = None
        self.closing: list[int] | None = None
        self.length, self.positions = 0, set(self.starts)

    def _take(self, token: int) -> None:
        if self.kind is None:
            self.started = True
            self.opening = {kind: tokens[1:] for kind, tokens in self.opening.items() if tokens[0] == token}
            self.kind = next((kind for kind, tokens in self.opening.items() if not tokens), None)
        elif self.closing is not None or (self.length and token == self.close[self.kind][0]):
            self.closing = (self.close[self.kind] if self.closing is None else self.closing)[1:]
            if not self.closing:
                self.n_entities += 1
                self._begin()
        else:
            self.length += 1
            self.positions = {p + 1 for p in self.positions if p < len(self.characters) and self.characters[p] == token}
