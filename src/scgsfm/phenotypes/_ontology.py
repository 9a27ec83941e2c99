"""The Human Phenotype Ontology: terms by id, name or synonym, with their ancestors and descendants."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import similar_names, suggestion

from ._spelling import NameIndex, clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scipy import sparse

    from ._spelling import Slip

PHENOTYPIC_ABNORMALITY = 118
"""HP:0000118. Only terms below it are phenotypes."""
_ID = re.compile(r"hpo?\s*[:_.#\- ]?\s*(\d{1,7})|(\d{7})", re.IGNORECASE)
_IRI = re.compile(r"<?(?:https?://\S*[/=#]|obo[:.]|\[)(hpo?(?:[:_]|%3A)\d{7})/?[\]>]?", re.IGNORECASE)
_ID_WITHIN = re.compile(r"(?<![A-Za-z0-9])hpo?[:_]\s?(\d{7})(?!\d)", re.IGNORECASE)
_OTHERWISE = re.compile(
    r"\b(?:no|not|non|without|absen\w+|exclu\w+|negat\w+|den\w+|false|ruled out|unlikely|famil\w+|mother|father|parents?|"
    r"siblings?|brother|sister|maternal|paternal|relatives?|possible|suspected)\b",
    re.IGNORECASE,
)
"""Words around an id by which a term is not one that the patient has."""
_QUOTES = " \"'“”;,."


@dataclass(frozen=True)
class Ontology:
    """Terms of the ontology, one per row, and their hierarchy."""

    numbers: np.ndarray
    """``1250`` for ``HP:0001250``, ascending."""
    names: list[str]
    synonyms: list[str]
    synonym_rows: np.ndarray
    """The term of each synonym."""
    exact: np.ndarray
    """Which synonyms are exact; the others are broad, narrow or related."""
    parents: np.ndarray
    """Two rows, children and parents; one column per is_a relation."""
    alternatives: dict[int, int]
    """Rows of the terms by numbers that were merged or replaced."""
    version: str
    obsolete: dict[int, tuple[str, list[int]]] = field(default_factory=dict)
    """Names of obsolete terms without a single successor, and the numbers of the terms to consider, by number."""
    newer: dict[int, str] = field(default_factory=dict)
    """Names of terms of later releases, whose place in the hierarchy is not known."""

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def ids(self) -> list[str]:
        """``HP:0001250`` of each term."""
        return [f"HP:{number:07d}" for number in self.numbers.tolist()]

    @cached_property
    def closure(self) -> sparse.csr_array:
        """Terms × terms, boolean: each term with itself and all its ancestors."""
        from scipy import sparse

        n = len(self)
        child, parent = self.parents
        step = sparse.eye_array(n, dtype=np.int32, format="csr")
        step += sparse.csr_array((np.ones(len(child), np.int32), (child, parent)), shape=(n, n))
        while True:  # squaring doubles the number of generations, so that a few products reach the root
            wider = (step @ step).astype(bool).astype(np.int32)
            if wider.nnz == step.nnz:
                return sparse.csr_array(wider.astype(bool))
            step = wider

    @cached_property
    def _descendant_matrix(self) -> sparse.csr_array:
        return self.closure.T.tocsr()

    @cached_property
    def is_phenotype(self) -> np.ndarray:
        """Mask of the terms below Phenotypic abnormality, itself excluded."""
        root = self.row(PHENOTYPIC_ABNORMALITY)
        mask = np.zeros(len(self), bool)
        if root is not None:
            mask[self.descendants(root)] = True
            mask[root] = False
        return mask

    def row(self, number: int) -> int | None:
        """Row of a term by the number of its current or former id."""
        row = int(np.searchsorted(self.numbers, number))
        if row < len(self) and self.numbers[row] == number:
            return row
        return self.alternatives.get(number)

    def ancestors(self, row: int) -> np.ndarray:
        """Rows of a term and all terms above it."""
        return _row(self.closure, row)

    def descendants(self, row: int) -> np.ndarray:
        """Rows of a term and all terms below it."""
        return _row(self._descendant_matrix, row)

    @cached_property
    def _rows_by_name(self) -> tuple[dict[str, list[int]], ...]:
        """Rows by normalized name, exact synonym and other synonym."""
        levels: tuple[dict[str, list[int]], ...] = (defaultdict(list), defaultdict(list), defaultdict(list))
        for row, name in enumerate(self.names):
            levels[0][normalize_name(name)].append(row)
        for name, row, exact in zip(self.synonyms, self.synonym_rows.tolist(), self.exact.tolist(), strict=True):
            rows = levels[1 if exact else 2][normalize_name(name)]
            if row not in rows:
                rows.append(row)
        return tuple(dict(level) for level in levels)

    def find(self, text: str) -> list[int]:
        """Rows of the terms with a current or former id, a name or a synonym, in any writing.

        Names take precedence over exact synonyms, and these over other synonyms; names as they are over other spellings
        (British or American, plurals, punctuation). Empty if no term matches.
        """
        if (number := term_number(text)) is not None:
            row = self.row(number)
            return [] if row is None else [row]
        name = normalize_name(text)
        if rows := next((rows for level in self._rows_by_name if (rows := level.get(name))), []):
            return rows
        return next((list(same) for index in self._spellings if (same := index.find(text))), [])

    def read(self, text: str) -> list[int]:
        """Rows of the terms as :meth:`find`, and of an id that is written with its name: ``Seizure (HP:0001250)``."""
        if rows := self.find(text):
            return rows
        numbers = dict.fromkeys(_ID_WITHIN.findall(clean_text(text)))
        if len(numbers) != 1:
            return []
        # an id with its name: the name must not be that of another term
        row = self.row(int(next(iter(numbers))))
        label = _ID_WITHIN.sub("", clean_text(text)).strip(" ()[]{}|:-–—\t" + _QUOTES)
        named = self.find(label) if label else []
        marked = clean_text(text).startswith(("-", "!", "~")) or (not named and _OTHERWISE.search(label))
        other = (named and row not in named) or marked
        return [] if row is None or other else [row]

    @cached_property
    def _spellings(self) -> tuple[NameIndex, NameIndex, NameIndex]:
        """Names, exact synonyms and other synonyms in any spelling."""
        synonyms = list(zip(self.synonyms, self.synonym_rows.tolist(), self.exact.tolist(), strict=True))
        return (
            NameIndex((name, row) for row, name in enumerate(self.names)),
            NameIndex((name, row) for name, row, exact in synonyms if exact),
            NameIndex((name, row) for name, row, exact in synonyms if not exact),
        )

    @cached_property
    def _all_names(self) -> NameIndex:
        return NameIndex(
            [
                *((name, row) for row, name in enumerate(self.names)),
                *zip(self.synonyms, self.synonym_rows.tolist(), strict=True),
            ]
        )

    def correct(self, text: str) -> list[Slip]:
        """Terms that a misspelled name may stand for; a single one with a single row if it is beyond doubt."""
        return [] if term_number(text) is not None else self._all_names.correct(text)

    def branch(self, row: int) -> int:
        """The most general term above a term, below the root: its kind, such as Mode of inheritance."""
        ancestors = self.ancestors(row)
        above = np.isin(self.parents[1], ancestors) & np.isin(self.parents[0], ancestors)
        has_parent = set(self.parents[0, above].tolist())
        roots = [term for term in ancestors.tolist() if term not in has_parent]
        below = self.parents[0, above & np.isin(self.parents[1], roots)].tolist()
        return int(below[0]) if below else row

    def term(self, text: str, *, phenotype: bool = False) -> int:
        """Row of the only term that matches a text.

        Parameters
        ----------
        text
            A current or former id, a name or a synonym.
        phenotype
            Reject terms that are not phenotypes, such as modes of inheritance.

        Raises
        ------
        ValueError
            If no term or more than one term matches.
        """
        rows = self.read(text)
        if not rows and len(slips := self.correct(text)) == 1:
            rows = list(slips[0].rows)
        if len(rows) > 1:
            several = ", ".join(map(self.label, rows[:5]))
            msg = f"{text!r} is a synonym of several terms: give one of {several}."
            raise ValueError(msg)
        if not rows:
            msg = f"{text!r} {self.unknown_reason(text)}"
            raise ValueError(msg)
        if phenotype and not self.is_phenotype[rows[0]]:
            msg = f"{self.label(rows[0])} is not a phenotype: {self.unsuited_reason(rows[0])}."
            raise ValueError(msg)
        return rows[0]

    def unknown_reason(self, text: str) -> str:
        """Why a text matches no term, to be continued from the text, with suggestions."""
        numbers = [number] if (number := term_number(text)) is not None else _ID_WITHIN.findall(clean_text(text))
        rows = [self.row(int(number)) for number in numbers]
        if len(numbers) > 1:
            return "contains several ids: give each as its own item."
        if numbers and rows[0] is not None and (_OTHERWISE.search(text) or text.lstrip().startswith(("-", "!", "~"))):
            return "is negated, uncertain or about a relative: give absent terms in `excluded`."
        if numbers and rows[0] is not None:
            return f"contains an id and the name of another term: give one of them. The id is {self.label(rows[0])}."
        if numbers and (obsolete := self.obsolete.get(int(numbers[0]))):
            name, consider = obsolete
            known = [self.label(row) for number in consider if (row := self.row(number)) is not None]
            advice = f"consider {' or '.join(known)}" if known else "it has no successor"
            return f"({name}) is obsolete: {advice}."
        missing = f"is not a term of the Human Phenotype Ontology, version {self.version}"
        called = f"({name}) " if numbers and (name := self.newer.get(int(numbers[0]))) else ""
        if called or (not numbers and normalize_name(text) in self._newer_names):
            return f"{called}{missing}, but of a later one: give a more general term."
        return f"{missing}: it may be newer." if numbers else f"{missing}.{suggestion(self.suggest(text))}"

    @cached_property
    def _newer_names(self) -> frozenset[str]:
        return frozenset(map(normalize_name, self.newer.values()))

    def unsuited_reason(self, row: int) -> str:
        """Why a term that is not a phenotype cannot be used."""
        if self.numbers[row] in (1, PHENOTYPIC_ABNORMALITY):
            return "it is too general, every patient has it"
        branch = self.branch(row)
        what = "" if branch == row else f"it belongs to {self.label(branch)}; "
        return f"{what}give a term below Phenotypic abnormality (HP:0000118)"

    def suggest(self, text: str, n: int = 3) -> list[str]:
        """Labels of the terms with the names or synonyms most similar to a text."""
        if term_number(text) is not None:
            return []
        names: dict[str, int] = {}
        for level in self._rows_by_name[::-1]:
            names |= {name: rows[0] for name, rows in level.items()}
        close = similar_names(normalize_name(text), names, n=2 * n)
        return [self.label(row) for row in list(dict.fromkeys(names[name] for name in close))[:n]]

    def label(self, row: int) -> str:
        """``Seizure (HP:0001250)``."""
        return f"{self.names[row]} ({self.ids[row]})"

    def with_ancestors(self, rows: Iterable[int]) -> np.ndarray:
        """Rows of terms together with all their ancestors, ascending."""
        found = [self.ancestors(row) for row in rows]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def term_number(text: str) -> int | None:
    """``1250`` of an id in any writing: ``HP:0001250``, ``hp_1250``, ``HPO:0001250``, an IRI; ``None`` for other texts."""
    plain = clean_text(text).strip(_QUOTES)
    if match := _IRI.fullmatch(plain):
        plain = match[1].replace("%3A", ":").replace("%3a", ":")
    match = _ID.fullmatch(plain)
    return int(match[1] or match[2]) if match else None


def term_numbers(text: str) -> list[int]:
    """All ids within a text, each once."""
    return [int(number) for number in dict.fromkeys(_ID_WITHIN.findall(clean_text(text)))]


def normalize_name(text: str) -> str:
    """The text in lower case and with single spaces, for comparisons."""
    return clean_text(text).casefold()


def _row(matrix: sparse.csr_array, row: int) -> np.ndarray:
    return np.sort(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]])
