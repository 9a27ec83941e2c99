"""What a question names: the entities behind its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from ._knowledge import knowledge
from ._ordinary import is_ordinary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._knowledge import Knowledge

_WORD = re.compile(r"[^\s?!,;:.()\"“”]+(?:[.,:][^\s?!,;:.()\"“”]+)*")
_ORPHA = re.compile(r"orpha(?:net)?[:_ ]?\s*(\d+)", re.IGNORECASE)
_OMIM = re.compile(r"(?:o?mim)[:_# ]?\s*(\d{6})", re.IGNORECASE)
_N_WORDS = 16
"""Words of the longest name that is looked for."""
_LINKS = {"of", "the", "a", "an", "in", "on", "at", "by", "and", "or", "with", "without", "to", "from", "like"}
"""Words that tie what follows to what stands before."""


class Entity(NamedTuple):
    """A gene, phenotype or disease that a question names."""

    kind: str
    name: str
    """The approved symbol, or the id."""
    label: str
    """As it is shown."""
    rows: tuple[int, ...]
    """Of the term, or of the diseases with the name; none for a gene."""


class Read(NamedTuple):
    """What was found in a question."""

    entities: tuple[Entity, ...]
    unknown: str
    """Words that may change what is meant and are part of no name that is known; empty if there are none."""
    close: list[str]
    """What they may mean."""
    bare: str
    """The question with the tag of its kind in the place of each name."""


class Reader:
    """Finds the entities that words mean.

    Parameters
    ----------
    known
        Terms, genes and diseases.
    resolve
        Turns a name of a gene into its approved symbol, or ``""``; without it only approved symbols count.
    """

    def __init__(self, known: Knowledge | None = None, resolve: Callable[[str], str] | None = None) -> None:
        self.known, self.resolve = known or knowledge(), resolve

    def read(self, question: str, spans: list[tuple[str, str]]) -> Read:
        """The entities of a question.

        Parameters
        ----------
        question
            The question.
        spans
            Kind and wording of what a model takes for entities; names that it missed are looked up.

        Returns
        -------
        The entities in their order, or what of the question isn't known.
        """
        words = list(_WORD.finditer(question))
        taken: dict[tuple[int, int], Entity] = {}
        for kind, text in spans:
            start = question.find(text)
            if start >= 0 and not is_ordinary(text) and (entity := self.find(text, kind)):
                taken[start, start + len(text)] = entity
        for start, end, entity in self._looked_up(question, words):
            if all(end <= a or start >= b or (start <= a and end >= b) for a, b in taken):
                taken = {place: kept for place, kept in taken.items() if end <= place[0] or start >= place[1]}
                taken[start, end] = entity
        strange = {w.start() for i, w in enumerate(words) if self._is_strange(words, i, taken)}
        unknown = self._unknown(question, words, strange, taken) if strange else ""
        return Read(self._ordered(taken), unknown, self._close(unknown) if unknown else [], _bare(question, taken))

    def find(self, text: str, kind: str = "") -> Entity | None:
        """The entity of a name, id or symbol; of several kinds first the given one."""
        found = {of: self._find(text, of) for of in ("hpo", "disease", "gene")}
        return found.get(kind) or next(filter(None, found.values()), None)

    def _find(self, text: str, kind: str) -> Entity | None:
        o = self.known.ontology
        if kind == "hpo":
            rows = [row for row in o.find(text) if o.is_phenotype[row]]
            return Entity("hpo", o.ids[rows[0]], o.label(rows[0]), (rows[0],)) if len(rows) == 1 else None
        if kind == "disease":
            found = tuple(self.known.find_disease(self._disease_id(text)))
            return Entity("disease", self.known.disease_ids[found[0]], self.known.disease_label(found[0]), found) if found else None  # fmt: skip
        symbol = self._symbol(text)
        return Entity("gene", symbol, symbol, ()) if symbol else None

    @staticmethod
    def _disease_id(text: str) -> str:
        for pattern, prefix in ((_ORPHA, "ORPHA"), (_OMIM, "OMIM")):
            if match := pattern.fullmatch(text.strip()):
                return f"{prefix}:{match[1]}"
        return text

    def _symbol(self, text: str) -> str:
        """The approved symbol; small words are never taken for genes."""
        if self.known.gene(text) is not None:
            return text
        return self.resolve(text) if self.resolve is not None and " " not in text and _like_symbol(text) else ""

    def _looked_up(self, question: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int, Entity]]:
        """The longest names in a question from the left; single ordinary words are no names."""
        first = 0
        while first < len(words):
            for last in range(min(first + _N_WORDS, len(words)), first, -1):
                start, end = words[first].start(), words[last - 1].end()
                text = question[start:end]
                if last - first == 1 and is_ordinary(text) and (question.isupper() or not _like_symbol(text)):
                    continue
                end_closed = end + 1 if question[end : end + 1] == ")" and "(" in text else end
                entity = self.find(question[start:end_closed]) or self.find(text)
                if entity:
                    yield start, end, entity
                    first = last - 1
                    break
            first += 1

    def _is_strange(self, words: list[re.Match[str]], i: int, taken: dict[tuple[int, int], Entity]) -> bool:
        """Whether a word may change what is meant: one that names have, a symbol, or any that clings to a name."""
        word = words[i][0]
        if is_ordinary(word) or _within(words[i].start(), taken):
            return False
        if not word.isalpha() or _like_symbol(word) or word.lower() in self.known.name_words:
            return True
        before = i - 1
        while before >= 0 and words[before][0].lower() in _LINKS and not _within(words[before].start(), taken):
            before -= 1
        beside = [words[j].start() for j in (before, i + 1) if 0 <= j < len(words)]
        kinds = [entity.kind for place in beside for (a, b), entity in taken.items() if a <= place < b]
        return not taken or any(kind != "gene" for kind in kinds)

    @staticmethod
    def _unknown(
        question: str, words: list[re.Match[str]], strange: set[int], taken: dict[tuple[int, int], Entity]
    ) -> str:
        """The first words that are not known, with those that they are tied to; a symbol stands alone."""
        first = next(i for i, word in enumerate(words) if word.start() in strange)
        if _like_symbol(words[first][0]):
            return words[first][0]
        ends = [first, first]
        for side, step in enumerate((-1, 1)):
            j = first + step
            while 0 <= j < len(words) and (
                words[j].start() in strange or words[j][0].lower() in _LINKS or _within(words[j].start(), taken)
            ):
                if words[j][0].lower() not in _LINKS:
                    ends[side] = j
                j += step
        return question[words[ends[0]].start() : words[ends[1]].end()]

    @staticmethod
    def _ordered(taken: dict[tuple[int, int], Entity]) -> tuple[Entity, ...]:
        return tuple(dict.fromkeys(taken[place] for place in sorted(taken)))

    def _close(self, text: str) -> list[str]:
        return self.known.ontology.suggest(text, 2) if len(text) < 80 else []


def _bare(question: str, taken: dict[tuple[int, int], Entity]) -> str:
    for (start, end), entity in sorted(taken.items(), reverse=True):
        question = f"{question[:start]}<{entity.kind}>{question[end:]}"
    return question


def _within(place: int, taken: dict[tuple[int, int], Entity]) -> bool:
    return any(start <= place < end for start, end in taken)


def _like_symbol(word: str) -> bool:
    return len(word) > 1 and not word.isdigit() and (word.isupper() or any(c.isdigit() for c in word))
