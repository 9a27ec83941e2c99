"""Which tokens may follow when a model copies entities out of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._tokenizer import TAGS

if TYPE_CHECKING:
    from .training._dataset import Encoder

N_MAX = 3
"""Entities of a question."""


class SpanPath:
    """Follows a model that writes ``<kind>words of the question</kind>``, up to three of them.

    Parameters
    ----------
    question
        The question; a span begins and ends at the bounds of its words.
    encoder
        Of the model that writes.
    """

    def __init__(self, question: str, encoder: Encoder) -> None:
        text = question.replace("<", "(").replace(">", ")").strip()
        self.encoder = encoder
        self.close = {kind: encoder.tokens(f"</{kind}>") for kind in TAGS}
        parts = {c: self._inside(c) for c in dict.fromkeys(text)}
        self.characters = [token for c in text for token in parts[c]]
        place = [0]
        for c in text:
            place.append(place[-1] + len(parts[c]))
        # a letter or digit and its like are never parted
        bounds = {i for i in range(len(text) + 1) if not text[max(i - 1, 0) : i + 1].isalnum() or i in (0, len(text))}
        starts = [i for i in bounds if i < len(text) and text[i] != " "]
        ends = [i for i in bounds if i and text[i - 1] != " "]
        self.starts, self.ends = {place[i] for i in starts}, {place[i] for i in ends}
        self.seen = self.done = 0
        self._begin()

    def _inside(self, character: str) -> list[int]:
        """The tokens of a character as it stands within tags."""
        whole = self.encoder.tokens(f"<gene>{character}</gene>")
        return whole[len(self.encoder.tokens("<gene>")) : len(whole) - len(self.close["gene"])]

    def allowed(self, written: list[int]) -> set[int]:
        """Tokens that may follow what was written; to be asked once for each token."""
        for token in written[self.seen :]:
            self._take(token)
        self.seen = len(written)
        if self.kind is None:
            opening = {tokens[0] for tokens in self.opening.values()} if self.done < N_MAX else set()
            return opening | (set(self.encoder.end) if self.done and not self.begun else set())
        if self.rest is not None:
            return {self.rest[0]}
        n = len(self.characters)
        follow = {self.characters[p] for p in self.places if p < n}
        if self.length and self.places & self.ends:
            follow.add(self.close[self.kind][0])
        return follow

    def _begin(self) -> None:
        gap = " " if self.done else ""
        self.opening = {kind: self.encoder.tokens(f"{gap}<{kind}>") for kind in TAGS}
        self.begun = False
        self.kind: str | None = None
        self.rest: list[int] | None = None
        self.length, self.places = 0, set(self.starts)

    def _take(self, token: int) -> None:
        if self.kind is None:
            self.begun = True
            self.opening = {kind: tokens[1:] for kind, tokens in self.opening.items() if tokens[0] == token}
            self.kind = next((kind for kind, tokens in self.opening.items() if not tokens), None)
        elif self.rest is not None or (self.length and token == self.close[self.kind][0]):
            self.rest = (self.close[self.kind] if self.rest is None else self.rest)[1:]
            if not self.rest:
                self.done += 1
                self._begin()
        else:
            self.length += 1
            self.places = {p + 1 for p in self.places if p < len(self.characters) and self.characters[p] == token}
