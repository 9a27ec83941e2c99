"""What a question names: the entities behind its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from scgsfm.phenotypes import Entity, load_annotations

from ._common_words import is_common_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scgsfm.phenotypes import HPOAnnotations

_WORD = re.compile(r"[^\s?!,;:.()\"“”]+(?:[.,:][^\s?!,;:.()\"“”]+)*")
_ORPHA = re.compile(r"orpha(?:net)?[:_ ]?\s*(\d+)", re.IGNORECASE)
_OMIM = re.compile(r"(?:o?mim)[:_# ]?\s*(\d{6})", re.IGNORECASE)
_N_WORDS = 16
"""Words of the longest name that is looked for."""
_LINKS = {"of", "the", "a", "an", "in", "on", "at", "by", "and", "or", "with", "without", "to", "from", "like"}
"""Words that tie what follows to what stands before."""


class Read(NamedTuple):
    """What was found in a question."""

    entities: tuple[Entity, ...]
    unknown: str
    """Words that may change what is meant and are part of no name that is known; empty if there are none."""
    close: list[str]
    """What they may mean."""
    bare: str
    """The question with the tag of its kind in the place of each name."""


class EntityLinker:
    """Finds the entities that words mean.

    Parameters
    ----------
    known
        Terms, genes and diseases.
    resolve
        Turns a name of a gene into its approved symbol, or ``""``; without it only approved symbols count.
    """

    def __init__(self, known: HPOAnnotations | None = None, resolve: Callable[[str], str] | None = None) -> None:
        self.known, self.resolve = known or load_annotations(), resolve

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
        words = [word for word in _WORD.finditer(question) if re.search(r"\w", word[0])]  # no dash by itself
        taken: dict[tuple[int, int], Entity] = {}
        for kind, text in spans:
            start = question.find(text)
            if start >= 0 and not is_common_word(text) and (entity := self.find(text, kind)):
                taken[start, start + len(text)] = entity
        for start, end, entity in self._looked_up(question, words):
            if all(end <= a or start >= b or (start <= a and end >= b) for a, b in taken):
                taken = {place: kept for place, kept in taken.items() if end <= place[0] or start >= place[1]}
                taken[start, end] = entity
        read = _Question(question, words, taken)
        suspected = {i for _, text in spans for i in read.within(text) if not is_common_word(words[i][0])}
        strange = {i for i in range(len(words)) if self._is_strange(read, i, suspected)}
        unknown = read.around(strange) if strange else ""
        return Read(read.ordered(), unknown, self._close(unknown) if unknown else [], read.bare())

    def find(self, text: str, kind: str = "") -> Entity | None:
        """The entity of a name, id or symbol; of several kinds first the given one."""
        kinds = ("gene", "hpo", "disease") if self.known.gene(text) is not None else ("hpo", "disease", "gene")
        found = {of: self._find(text, of) for of in kinds}
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
                if last - first == 1 and is_common_word(text) and (question.isupper() or not self._abbreviates(text)):
                    continue
                end_closed = end + 1 if question[end : end + 1] == ")" and "(" in text else end
                entity = self.find(question[start:end_closed]) or self.find(text)
                if entity:
                    yield start, end, entity
                    first = last - 1
                    break
            else:  # FBN1-related
                name, _, tail = words[first][0].rpartition("-")
                if name and is_common_word(tail) and not is_common_word(name) and (entity := self.find(name)):
                    yield words[first].start(), words[first].start() + len(name), entity
            first += 1

    def _abbreviates(self, text: str) -> bool:
        """Whether a common word in capitals is an approved symbol or a disease."""
        return _like_symbol(text) and (self.known.gene(text) is not None or bool(self.known.find_disease(text)))

    def _is_strange(self, question: _Question, i: int, suspected: set[int]) -> bool:
        """Whether a word may change what is meant: it clings to a name, or may be a name that isn't known."""
        word = question.words[i][0]
        if question.is_named(i) or is_common_word(word, beside_name=True):
            return False
        if question.clings(i) or i in suspected:
            return True
        parts = [part for part in re.split(r"[-/'’]", word) if not is_common_word(part)]
        if parts and (not question.taken or question.is_described(i)):
            return True
        return any(not part.isalpha() or _like_symbol(part) or part.lower() in self.known.name_words for part in parts)

    def _close(self, text: str) -> list[str]:
        return self.known.ontology.suggest(text, 2) if len(text) < 80 else []


class _Question(NamedTuple):
    """The words of a question, and the names among them."""

    text: str
    words: list[re.Match[str]]
    taken: dict[tuple[int, int], Entity]

    def named(self, i: int) -> Entity | None:
        """The entity of whose name a word is part."""
        return next((entity for (a, b), entity in self.taken.items() if a <= self.words[i].start() < b), None)

    def is_named(self, i: int) -> bool:
        """Whether a word is part of a name."""
        return self.named(i) is not None

    def within(self, text: str) -> range:
        """The words of a piece of the question."""
        start = self.text.find(text)
        inside = [i for i, word in enumerate(self.words) if start <= word.start() < start + len(text)]
        return range(inside[0], inside[-1] + 1) if start >= 0 and inside else range(0)

    def clings(self, i: int) -> bool:
        """Whether a word describes a phenotype or disease: right before its name, or tied to it behind it."""
        return self._reached(i, 1) or self._reached(i, -1)

    def is_described(self, i: int) -> bool:
        """Whether a word that describes stands right before this one."""
        return i > 0 and self._describes(i - 1) and not self.is_named(i - 1) and not self._parted(i - 1)

    def _reached(self, i: int, step: int) -> bool:
        """Whether there is a name to one side, with nothing but describing words and links in between."""
        j, linked = i + step, not is_common_word(self.words[i][0])
        while 0 <= j < len(self.words) and not self._parted(min(j, j - step)):
            if (entity := self.named(j)) is not None:
                # a common word behind a name without a link says how it is: is the seizure severe?
                return entity.kind != "gene" and (step > 0 or linked)
            link = step < 0 and self._is_link(j)
            if not link and not self._describes(j):
                return False
            j, linked = j + step, linked or link
        return False

    def _is_link(self, i: int) -> bool:
        return self.words[i][0].lower() in _LINKS

    def _describes(self, i: int) -> bool:
        return not is_common_word(self.words[i][0], beside_name=True)

    def _parted(self, i: int) -> bool:
        """Whether there is more than a space between a word and the next."""
        return bool(self.text[self.words[i].end() : self.words[i + 1].start()].strip())

    def around(self, strange: set[int]) -> str:
        """The first words that are not known, with those that they are tied to; a symbol stands alone."""
        first = min(strange)
        if _like_symbol(self.words[first][0]):
            return self.words[first][0]
        ends = [first, first]
        for side, step in enumerate((-1, 1)):
            j = first + step
            while 0 <= j < len(self.words) and (self._is_link(j) or self.is_named(j) or self._describes(j)):
                if not self._is_link(j):
                    ends[side] = j
                j += step
        return self.text[self.words[ends[0]].start() : self.words[ends[1]].end()]

    def ordered(self) -> tuple[Entity, ...]:
        """The entities in their order, each once."""
        return tuple(dict.fromkeys(self.taken[place] for place in sorted(self.taken)))

    def bare(self) -> str:
        """The question with the tag of its kind in the place of each name."""
        text = self.text
        for (start, end), entity in sorted(self.taken.items(), reverse=True):
            text = f"{text[:start]}<{entity.kind}>{text[end:]}"
        return text


def _like_symbol(word: str) -> bool:
    return len(word) > 1 and not word.isdigit() and (word.isupper() or any(c.isdigit() for c in word))
