"""The Human Phenotype Ontology: terms by id, name or synonym, with their ancestors and descendants."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from scgsfm._messages import similar_names, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scipy import sparse

PHENOTYPIC_ABNORMALITY = 118
"""HP:0000118. Only terms below it are phenotypes."""
_ID = re.compile(r"hp[:_]?\s*(\d{1,7})", re.IGNORECASE)


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
        """Rows of the terms with a current or former id, a name or a synonym.

        Names take precedence over exact synonyms, and these over other synonyms. Empty if no term matches.
        """
        if match := _ID.fullmatch(text.strip()):
            row = self.row(int(match[1]))
            return [] if row is None else [row]
        return next((rows for level in self._rows_by_name if (rows := level.get(normalize_name(text)))), [])

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
        rows = self.find(text)
        if len(rows) > 1:
            several = ", ".join(map(self.label, rows[:5]))
            msg = f"{text!r} is a synonym of several terms: give one of {several}."
            raise ValueError(msg)
        if not rows:
            hint = suggestion(self.suggest(text))
            msg = f"{text!r} is not a term of the Human Phenotype Ontology, version {self.version}.{hint}"
            raise ValueError(msg)
        if phenotype and not self.is_phenotype[rows[0]]:
            msg = f"{self.label(rows[0])} is not a phenotype: give a term below Phenotypic abnormality (HP:0000118)."
            raise ValueError(msg)
        return rows[0]

    def suggest(self, text: str, n: int = 3) -> list[str]:
        """Labels of the terms with the names or synonyms most similar to a text."""
        if _ID.fullmatch(text.strip()):
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


def normalize_name(text: str) -> str:
    """The text in lower case and with single spaces, for comparisons."""
    return " ".join(text.casefold().split())


def _row(matrix: sparse.csr_array, row: int) -> np.ndarray:
    return np.sort(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]])
