"""Entity linking: genes, phenotypes and diseases named in a question."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from scgsfm._messages import similar_names
from scgsfm.phenotypes import Entity, load_annotations

from ._common_words import SYMBOL_WORDS, is_common_word
from ._language import is_other_language_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scgsfm.phenotypes import HPOAnnotations, Ontology

_WORD = re.compile(r"[^\s?!,;:.()\"“”]+(?:[.,:][^\s?!,;:.()\"“”]+)*")
_N_WORDS = 16
"""Maximum number of words of a name."""
_N_SLIPS = 3
"""Maximum number of misspelled names that are corrected."""
_MIN_SLIP = 5
"""Minimum number of letters of a misspelled name of one word."""
_MIN_LOWER_CASE = 3
"""Minimum number of letters of a gene symbol in lower case."""
_SAYS_GENE = frozenset({"mutation", "mutations", "variant", "variants"})
"""Words after a name in lower case that say that it is a gene."""
_BEFORE_GENE = re.compile(r"\b(?:the gene|(?:mutations?|variants?) (?:in|of)(?: the)?(?: gene)?) $", re.IGNORECASE)
"""What says the same before it."""
_CONNECTORS = {"of", "the", "a", "an", "in", "on", "at", "by", "and", "or", "with", "without", "to", "from", "like"}
"""Words that connect a description to a preceding name."""


class LinkedQuestion(NamedTuple):
    """A question with its entities."""

    entities: tuple[Entity, ...]
    unknown: str
    """Words that are not part of a known name but may change the meaning; empty if there are none."""
    similar: list[str]
    """Known names similar to the unknown words."""
    template: str
    """The question with each name replaced by the tag of its kind."""
    corrected: tuple[tuple[str, str], ...] = ()
    """Misspelled names and the labels of the entities that they are read as."""
    unsuited: str = ""
    """Why the unknown words are a term that is not a phenotype; empty if they are not one."""


class EntityLinker:
    """Links words of questions to entities.

    Parameters
    ----------
    hpo
        Terms, genes and diseases.
    resolve
        Function that returns the approved symbol of a gene name, or ``""``; without it only approved symbols are linked.
    """

    def __init__(self, hpo: HPOAnnotations | None = None, resolve: Callable[[str], str] | None = None) -> None:
        self.hpo, self.resolve = hpo or load_annotations(), resolve

    def link(self, question: str, spans: list[tuple[str, str]]) -> LinkedQuestion:
        """Link the entities of a question.

        Parameters
        ----------
        question
            The question.
        spans
            Kind and wording of the entities found by a model; names that it missed are looked up.

        Returns
        -------
        The entities in their order, or the unknown words.
        """
        words = [word for word in _WORD.finditer(question) if re.search(r"\w", word[0])]  # skips dashes
        linked: dict[tuple[int, int], Entity] = {}
        for kind, text in spans:
            start = question.find(text)
            if start >= 0 and not is_common_word(text) and (entity := self.find(text, kind)):
                linked[start, start + len(text)] = entity
        for start, end, entity in self._lookup(question, words):
            if all(end <= a or start >= b or (start <= a and end >= b) for a, b in linked):
                linked = {span: kept for span, kept in linked.items() if end <= span[0] or start >= span[1]}
                linked[start, end] = entity
        parsed = _Question(question, words, linked)
        parsed, corrected = self._without_doubtful(parsed)
        for _ in range(_N_SLIPS):
            unknown_words = self._unknown_words(parsed, spans)
            if not unknown_words or (slip := self._correct(parsed, unknown_words)) is None:
                break
            span, entity = slip
            corrected.append((question[span[0] : span[1]], entity.label))
            kept = {old: e for old, e in parsed.linked.items() if span[1] <= old[0] or span[0] >= old[1]}
            parsed = parsed._replace(linked=kept | {span: entity})
        unknown = parsed.phrase_around(unknown_words) if (unknown_words := self._unknown_words(parsed, spans)) else ""
        similar = self._similar(unknown) if unknown else []
        unsuited = self._unsuited(unknown) if unknown else ""
        return LinkedQuestion(parsed.entities(), unknown, similar, parsed.template(), tuple(corrected), unsuited)

    def _unsuited(self, unknown: str) -> str:
        """Why unknown words are a term that is not a phenotype, such as a mode of inheritance; empty otherwise."""
        o = self.hpo.ontology
        rows = [row for row in o.find(unknown) if not o.is_phenotype[row]]
        return f"{o.label(rows[0])} is not a phenotype: {o.unsuited_reason(rows[0])}." if rows else ""

    @staticmethod
    def _without_doubtful(question: _Question) -> tuple[_Question, list[tuple[str, str]]]:
        """The question without symbols in lower case next to an unknown word, and how the others were read."""
        kept, read = {}, []
        for i, word in enumerate(question.words):
            span = (word.start(), word.start() + len(word[0].partition("-")[0]))
            entity = question.linked.get(span)
            if (
                entity is None
                or entity.kind != "gene"
                or not _may_be_lower_case_symbol(text := question.text[slice(*span)])
            ):
                continue
            near = [j for j in (i - 1, i + 1) if 0 <= j < len(question.words) and not question._is_separated(min(i, j))]
            if all(question.is_named(j) or is_common_word(question.words[j][0]) for j in near):
                read.append((text, entity.label))
            else:
                kept[span] = entity
        return question._replace(linked={s: e for s, e in question.linked.items() if s not in kept}), read

    def _unknown_words(self, question: _Question, spans: list[tuple[str, str]]) -> set[int]:
        """Indices of the words that are not part of a name, but may change the meaning."""
        words = question.words
        suspected = {i for _, text in spans for i in question.within(text) if not is_common_word(words[i][0])}
        return {i for i in range(len(words)) if self._changes_meaning(question, i, suspected)}

    def _correct(self, question: _Question, unknown: set[int]) -> tuple[tuple[int, int], Entity] | None:
        """The longest run of words with an unknown word that is a misspelled name beyond doubt."""
        words, first = question.words, min(unknown)
        runs = [
            (a, b)
            for a in range(max(first - _N_WORDS, 0), first + 1)
            for b in range(first, min(first + _N_WORDS, len(words)))
            if not any(question._is_separated(i) for i in range(a, b))
        ]
        for a, b in sorted(runs, key=lambda run: run[0] - run[1]):
            span = words[a].start(), words[b].end()
            text = question.text[slice(*span)]
            if a == b and (len(text) < _MIN_SLIP or _looks_like_symbol(text) or is_common_word(text)):
                continue
            if entity := self._misspelled(text):
                return span, entity
        return None

    def _misspelled(self, text: str) -> Entity | None:
        """The only entity that a misspelled name may stand for."""
        o, hpo = self.hpo.ontology, self.hpo
        terms, diseases = o.correct(text), hpo.correct_disease(text)
        least = min((slip.cost for slip in (*terms, *diseases)), default=None)
        terms = [slip for slip in terms if slip.cost == least or len(terms) > 1]
        diseases = [slip for slip in diseases if slip.cost == least or len(diseases) > 1]
        if len(terms) > 1 or len(diseases) > 1 or (terms and diseases and terms[0].key != diseases[0].key):
            return None
        if terms and len(rows := [row for row in terms[0].rows if o.is_phenotype[row]]) == 1:
            return Entity("hpo", o.ids[rows[0]], o.label(rows[0]), (rows[0],))
        if diseases:
            rows = list(diseases[0].rows)
            return Entity("disease", hpo.disease_ids[rows[0]], hpo.disease_label(rows[0]), tuple(rows))
        return None

    def find(self, text: str, kind: str = "") -> Entity | None:
        """The entity of a name, id or symbol; the given kind takes precedence if entities of several kinds match."""
        kinds = ("gene", "hpo", "disease") if self.hpo.gene(text) is not None else ("hpo", "disease", "gene")
        found = {each: self._find(text, each) for each in kinds}
        return found.get(kind) or next(filter(None, found.values()), None)

    def _find(self, text: str, kind: str) -> Entity | None:
        o = self.hpo.ontology
        if kind == "hpo":
            rows = [row for row in o.find(text) if o.is_phenotype[row]]
            return Entity("hpo", o.ids[rows[0]], o.label(rows[0]), (rows[0],)) if len(rows) == 1 else None
        if kind == "disease":
            found = tuple(self.hpo.find_disease(text))
            return Entity("disease", self.hpo.disease_ids[found[0]], self.hpo.disease_label(found[0]), found) if found else None  # fmt: skip
        symbol = self._symbol(text)
        return Entity("gene", symbol, symbol, ()) if symbol else None

    def _symbol(self, text: str) -> str:
        """The approved symbol of a gene name; words in lower case are linked to genes by :meth:`_lower_case_gene` only."""
        if self.hpo.gene(text) is not None:
            return text
        return self.resolve(text) if self.resolve is not None and " " not in text and _looks_like_symbol(text) else ""

    def _lower_case_gene(self, text: str, before: str, after: str) -> Entity | None:
        """The gene with a symbol in lower case, such as *lmna*, unless the word has another meaning.

        A word of the dictionary, or one that is part of names, is a gene only next to a word that says so.

        Parameters
        ----------
        text
            A word.
        before, after
            The text before it and the word after it; empty if there is none, or if more than a space is between them.
        """
        if not _may_be_lower_case_symbol(text) or is_common_word(text) or is_other_language_word(text):
            return None
        says_gene = after.lower() in _SAYS_GENE or bool(_BEFORE_GENE.search(before))
        if not says_gene and (text in SYMBOL_WORDS or text in self.hpo.ordinary_name_words):
            return None
        symbol = text.upper()
        known = self.hpo.gene(symbol) is not None or (self.resolve is not None and self.resolve(symbol) == symbol)
        if not known or (not says_gene and self.find(text)):
            return None
        return Entity("gene", symbol, symbol, ())

    def _lookup(self, question: str, words: list[re.Match[str]]) -> Iterator[tuple[int, int, Entity]]:
        """The longest names in a question from left to right; single common words are not names."""
        first = 0
        while first < len(words):
            for last in range(min(first + _N_WORDS, len(words)), first, -1):
                start, end = words[first].start(), words[last - 1].end()
                text = question[start:end]
                if (
                    last - first == 1
                    and is_common_word(text)
                    and (question.isupper() or not self._is_known_abbreviation(text))
                ):
                    continue
                end_closed = end + 1 if question[end : end + 1] == ")" and "(" in text else end
                entity = self.find(question[start:end_closed]) or self.find(text)
                if last - first == 1:
                    entity = self._lower_case_gene(text, *_next_to(question, words, first)) or entity
                if entity:
                    yield start, end, entity
                    first = last - 1
                    break
            else:  # FBN1-related
                name, _, tail = words[first][0].rpartition("-")
                if (
                    name
                    and is_common_word(tail)
                    and not is_common_word(name)
                    and (entity := self.find(name) or self._lower_case_gene(name, "", ""))
                ):
                    yield words[first].start(), words[first].start() + len(name), entity
            first += 1

    def _is_known_abbreviation(self, text: str) -> bool:
        """Whether a common word in upper case is an approved symbol or a disease."""
        return _looks_like_symbol(text) and (self.hpo.gene(text) is not None or bool(self.hpo.find_disease(text)))

    def _changes_meaning(self, question: _Question, i: int, suspected: set[int]) -> bool:
        """Whether a word may change the meaning: it modifies a name, or may be an unknown name."""
        word = question.words[i][0]
        if question.is_named(i):
            return False
        if question.numbers_disease(i):
            return True
        if is_common_word(word, adjacent=True):
            return False
        if question.modifies_name(i) or i in suspected or question.is_named_disease(i):
            return True
        parts = [part for part in re.split(r"[-/'’]", word) if not is_common_word(part)]
        if parts and (not question.linked or question.is_described(i)):
            return True
        return any(
            not part.isalpha() or _looks_like_symbol(part) or part.lower() in self.hpo.name_words for part in parts
        )

    def _similar(self, text: str) -> list[str]:
        """Labels of up to two terms whose names are spelled similarly and share the beginning of a word."""
        ontology, starts = self.hpo.ontology, _starts(text)
        index = _names_by_start(ontology) if len(text) < 80 else {}
        rows = {name: row for start in starts for name, row in index.get(start, ())}
        close = similar_names(text.casefold(), rows, n=4, cutoff=0.7)
        return [ontology.label(row) for row in list(dict.fromkeys(rows[name] for name in close))[:2]]


class _Question(NamedTuple):
    """The words of a question, and the names among them."""

    text: str
    words: list[re.Match[str]]
    linked: dict[tuple[int, int], Entity]

    def entity_at(self, i: int) -> Entity | None:
        """The entity whose name contains a word."""
        return next((entity for (a, b), entity in self.linked.items() if a <= self.words[i].start() < b), None)

    def is_named(self, i: int) -> bool:
        """Whether a word is part of a name."""
        return self.entity_at(i) is not None

    def within(self, text: str) -> range:
        """Indices of the words in a part of the question."""
        start = self.text.find(text)
        inside = [i for i, word in enumerate(self.words) if start <= word.start() < start + len(text)]
        return range(inside[0], inside[-1] + 1) if start >= 0 and inside else range(0)

    def modifies_name(self, i: int) -> bool:
        """Whether a word modifies a phenotype or disease: directly before its name, or connected to it after it."""
        return self._reaches_name(i, 1) or self._reaches_name(i, -1)

    def is_described(self, i: int) -> bool:
        """Whether a describing word directly precedes this one."""
        return i > 0 and self._describes(i - 1) and not self.is_named(i - 1) and not self._is_separated(i - 1)

    def numbers_disease(self, i: int) -> bool:
        """Whether a number directly follows the name of a disease: another disease of a series."""
        follows = i > 0 and self.words[i][0].isdigit() and not self._is_separated(i - 1)
        return follows and (entity := self.entity_at(i - 1)) is not None and entity.kind == "disease"

    def is_named_disease(self, i: int) -> bool:
        """Whether a capitalized word is followed by *disease* or *syndrome*: a name, even if it is unknown."""
        follows = i + 1 < len(self.words) and not self._is_separated(i)
        return follows and self.words[i][0].istitle() and self.words[i + 1][0].lower() in ("disease", "syndrome")

    def _reaches_name(self, i: int, step: int) -> bool:
        """Whether there is a name to one side, with only describing and connecting words in between."""
        j, connected = i + step, not is_common_word(self.words[i][0])
        while 0 <= j < len(self.words) and not self._is_separated(min(j, j - step)):
            if (entity := self.entity_at(j)) is not None:
                # a common word after a name without a connector does not change it: is the seizure severe?
                return entity.kind != "gene" and (step > 0 or connected)
            link = step < 0 and self._is_link(j)
            if not link and not self._describes(j):
                return False
            j, connected = j + step, connected or link
        return False

    def _is_link(self, i: int) -> bool:
        return self.words[i][0].lower() in _CONNECTORS

    def _describes(self, i: int) -> bool:
        return not is_common_word(self.words[i][0], adjacent=True)

    def _is_separated(self, i: int) -> bool:
        """Whether a word and the next are separated by more than a space."""
        return bool(self.text[self.words[i].end() : self.words[i + 1].start()].strip())

    def phrase_around(self, unknown_words: set[int]) -> str:
        """The first unknown words with the words that they are connected to; a symbol is returned alone.

        A single letter is returned with the two words after it, as in *t cell activation*.
        """
        first = min(unknown_words)
        if len(self.words[first][0]) == 1:
            return self.text[self.words[first].start() : self.words[min(first + 2, len(self.words) - 1)].end()]
        if _looks_like_symbol(self.words[first][0]):
            return self.words[first][0]
        ends = [first, first]
        for side, step in enumerate((-1, 1)):
            j = first + step
            while 0 <= j < len(self.words) and (self._is_link(j) or self.is_named(j) or self._describes(j)):
                if not self._is_link(j):
                    ends[side] = j
                j += step
        return self.text[self.words[ends[0]].start() : self.words[ends[1]].end()]

    def entities(self) -> tuple[Entity, ...]:
        """The entities in their order, without duplicates."""
        return tuple(dict.fromkeys(self.linked[span] for span in sorted(self.linked)))

    def template(self) -> str:
        """The question with each name replaced by the tag of its kind."""
        text = self.text
        for (start, end), entity in sorted(self.linked.items(), reverse=True):
            text = f"{text[:start]}<{entity.kind}>{text[end:]}"
        return text


def _starts(text: str) -> set[str]:
    """The first four letters of the longer words."""
    return {word[:4] for word in re.findall(r"[^\W\d_]{4,}", text.casefold())}


_indexed: list[tuple[Ontology, dict[str, list[tuple[str, int]]]]] = []
"""The ontology of the last call with its names by the beginnings of words."""


def _names_by_start(ontology: Ontology) -> dict[str, list[tuple[str, int]]]:
    """Names and synonyms of phenotypes with their rows, by the first four letters of each word.

    To compare a text with all names takes seconds.
    """
    if _indexed and _indexed[0][0] is ontology:
        return _indexed[0][1]
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    synonyms = zip(ontology.synonyms, ontology.synonym_rows.tolist(), strict=True)
    for name, row in (*((name, row) for row, name in enumerate(ontology.names)), *synonyms):
        if ontology.is_phenotype[row]:
            for start in _starts(name):
                found[start].append((name.casefold(), row))
    _indexed[:] = [(ontology, found)]
    return found


def _next_to(question: str, words: list[re.Match[str]], i: int) -> tuple[str, str]:
    """The text before a word, and the word after it; empty if there is none, or if more than a space is between them."""
    after = words[i + 1] if i + 1 < len(words) else None
    is_next = after is not None and question[words[i].end() : after.start()].isspace()
    return question[: words[i].start()], after[0] if after is not None and is_next else ""


def _may_be_lower_case_symbol(word: str) -> bool:
    return len(word) >= _MIN_LOWER_CASE and word.isalpha() and word.islower() and word.isascii()


def _looks_like_symbol(word: str) -> bool:
    return len(word) > 1 and not word.isdigit() and (word.isupper() or any(c.isdigit() for c in word))
