"""Terms of a patient, read one by one: those that cannot be used are left out and reported together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from scgsfm._logging import logger
from scgsfm._messages import check_choice, warn

from ._annotations import disease_id, load_annotations
from ._ontology import term_number
from ._patient_files import is_phenopacket, is_text_file, read_patient_file, read_phenopacket
from ._spelling import clean_text, spelling_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._annotations import HPOAnnotations
    from ._ontology import Ontology

Terms: TypeAlias = Iterable[Any] | Mapping[Any, Any] | str | PathLike[str]
"""What patients are given as: terms, a dict of terms and whether they are present, a phenopacket, or a file."""

ON_UNKNOWN = ("warn", "raise", "ignore")
_MISSING = {"", "na", "n/a", "nan", "none", "null", "-", "–", ".", "<na>", "nat"}
PRESENT_STATES = {"true", "yes", "present", "observed", "included", "y", "1", "1.0", "+"}
ABSENT_STATES = {"false", "no", "absent", "excluded", "negated", "not present", "not observed", "n", "0", "0.0"}
_NEGATION = re.compile(
    r"(?:no|not|non|without|absence of|absent|denies|negative for|lack of|-|!)[:\s]\s*", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[\s;,|/]+")


class LeftOut(NamedTuple):
    """An item that cannot be used."""

    item: str
    reason: str

    def __str__(self) -> str:
        return f"{self.item!r} {self.reason}"


class PatientTerms(NamedTuple):
    """Rows of the terms that a patient has and lacks."""

    present: list[int]
    absent: list[int]


def read_patient(
    phenotypes: Terms, excluded: Terms = (), *, on_unknown: str = "warn", expand_diseases: bool = False
) -> PatientTerms:
    """Terms of a patient from a list, a dict, a phenopacket or a file.

    Parameters
    ----------
    phenotypes, excluded
        See :func:`scgsfm.tl.rank_genes`.
    on_unknown
        What to do with items that cannot be used: leave them out with one warning, raise, or leave them out.
    expand_diseases
        Replace a disease by its phenotypes instead of leaving it out.

    Raises
    ------
    ValueError
        If none of the terms can be used, or a term is listed as both present and excluded.
    """
    check_choice("on_unknown", on_unknown, ON_UNKNOWN)
    terms, report = parse_patient(phenotypes, excluded, expand_diseases=expand_diseases)
    if report and on_unknown == "raise":
        raise ValueError(report)
    if report and on_unknown == "warn":
        warn(report)
    return terms


def parse_patient(
    phenotypes: Terms, excluded: Terms = (), *, expand_diseases: bool = False
) -> tuple[PatientTerms, str]:
    """Terms of a patient as :func:`read_patient`, and a report of the items that are left out; empty if none is."""
    has, lacks, unstated = split_patient(phenotypes, "phenotypes")
    more, nested, unstated_too = split_patient(excluded, "excluded")
    n = len(has) + len(lacks) + len(more) + len(nested) + len(unstated) + len(unstated_too)
    reader = _Reader(load_annotations(), expand_diseases)
    present = reader.rows(has)
    absent = reader.rows([*lacks, *more])
    left_out = [*unstated, *unstated_too, *reader.left_out]
    left_out += [LeftOut(str(item), "is marked as absent in `excluded`.") for item in nested]
    if not present:
        if left_out:
            msg = f"None of the terms in `phenotypes` can be used. {_report(left_out, n)}"
        else:
            msg = "`phenotypes` is empty: give at least one term, such as 'HP:0001250'."
        raise ValueError(msg)
    ontology = reader.ontology
    if both := [row for row in present if row in set(absent)]:
        msg = f"{ontology.label(min(both))} is both in `phenotypes` and in `excluded`: remove it from one of them."
        raise ValueError(msg)
    absent, contradicted = _consistent(present, absent, ontology)
    left_out += contradicted
    return PatientTerms(present, absent), _report(left_out, n) if left_out else ""


def read_terms(terms: Iterable[Any], argument: str, *, on_unknown: str = "warn") -> list[int]:
    """Rows of distinct terms; items that cannot be used are left out as by :func:`read_patient`."""
    check_choice("on_unknown", on_unknown, ON_UNKNOWN)
    given, reader = list(terms), _Reader(load_annotations(), expand_diseases=False)
    rows = reader.rows(given)
    if reader.left_out and (on_unknown == "raise" or not rows):
        nothing = "" if rows else f"None of the terms in `{argument}` can be used. "
        raise ValueError(nothing + _report(reader.left_out, len(given)))
    if reader.left_out and on_unknown == "warn":
        warn(_report(reader.left_out, len(given)))
    return rows


def _report(left_out: Sequence[LeftOut], n: int) -> str:
    listed = "\n".join(f"  - {one}" for one in dict.fromkeys(left_out))
    return f"{len(left_out)} of {n} terms left out:\n{listed}"


def _consistent(present: list[int], absent: list[int], ontology: Ontology) -> tuple[list[int], list[LeftOut]]:
    """Absent terms that no present term implies, and the others."""
    kept, contradicted = [], []
    for row in absent:
        below = set(ontology.descendants(row).tolist())
        if implying := next((term for term in present if term in below), None):
            reason = f"cannot be excluded, as {ontology.label(implying)} is present and implies it."
            contradicted.append(LeftOut(ontology.label(row), reason))
        else:
            kept.append(row)
    return kept, contradicted


class Items(NamedTuple):
    """What a patient is given as: items that are present and absent, and those without a state."""

    present: list[Any]
    absent: list[Any]
    left_out: list[LeftOut]


def split_patient(given: Any, argument: str = "phenotypes") -> Items:
    """Present and absent items of a list, a dict, a phenopacket or a file."""
    if is_text_file(given):
        given = read_patient_file(given)
    elif isinstance(given, str):
        msg = f"`{argument}` must be a list of terms, not the single string {given!r}: write [{given!r}]."
        raise TypeError(msg)
    if isinstance(given, Mapping):
        return Items(*read_phenopacket(given), []) if is_phenopacket(given) else _by_state(given.items())
    if hasattr(given, "items") and hasattr(given, "index"):  # a Series: of terms, or of states by term
        labels, values = list(given.index), list(given)
        if labels and all(isinstance(label, str) for label in labels) and not any(isinstance(v, str) for v in values):
            return _by_state(zip(labels, values, strict=True))
        return Items(values, [], [])
    if not hasattr(given, "__iter__"):
        msg = f"`{argument}` must be a list of terms, a dict, a phenopacket or a file, found {type(given).__name__}."
        raise TypeError(msg)
    items = list(given)
    if any(isinstance(item, Mapping) for item in items):  # features of a phenopacket
        return Items(*read_phenopacket({"phenotypicFeatures": items}), [])
    is_pair = [isinstance(item, tuple | list) and len(item) == 2 for item in items]
    stated = _by_state(item for item, pair in zip(items, is_pair, strict=True) if pair)
    alone = [item for item, pair in zip(items, is_pair, strict=True) if not pair]
    return stated._replace(present=[*stated.present, *alone])


def _by_state(items: Iterable[tuple[Any, Any]]) -> Items:
    """Items by whether their terms are present."""
    found = Items([], [], [])
    for term, state in items:
        word = clean_text(str(state)).casefold()
        if word in PRESENT_STATES:
            found.present.append(term)
        elif word in ABSENT_STATES:
            found.absent.append(term)
        else:
            reason = f"is neither present nor absent: it is {state!r}. Give True or False, 'present' or 'excluded'."
            found.left_out.append(LeftOut(str(term), reason))
    return found


def _text(item: Any) -> str:
    return "" if item is None or (isinstance(item, float) and math.isnan(item)) else clean_text(str(item))


class _Reader:
    """Reads items as terms, and collects those that cannot be used."""

    def __init__(self, hpo: HPOAnnotations, expand_diseases: bool) -> None:
        self.hpo, self.ontology, self.expand_diseases = hpo, hpo.ontology, expand_diseases
        self.left_out: list[LeftOut] = []
        self.corrected: list[str] = []

    def rows(self, items: Iterable[Any]) -> list[int]:
        """Rows of the items that are phenotypes, each once."""
        self.corrected.clear()
        rows = list(dict.fromkeys(row for item in items for text in self._split(item) for row in self._read(text)))
        if self.corrected:
            logger.info("Read by similar spelling: %s", ", ".join(self.corrected))
        return rows

    @staticmethod
    def _split(item: Any) -> list[str]:
        """Ids that are joined in one item."""
        text = _text(item) or str(item)
        ids = [part for part in _SEPARATORS.split(text) if part]
        if len(ids) > 1 and all(term_number(part) is not None and len(part) > 6 for part in ids):
            return ids
        return [text]

    def _read(self, text: str) -> list[int]:
        if text.casefold() in _MISSING:
            self.left_out.append(LeftOut(text, "is a missing value."))
            return []
        ontology = self.ontology
        rows = ontology.read(text) or self._by_spelling(text)
        if len(rows) == 1 and ontology.is_phenotype[rows[0]]:
            return rows
        if len(rows) > 1:
            several = ", ".join(map(ontology.label, rows[:5]))
            reason = f"is a synonym of several terms: give one of {several}."
        elif rows:
            reason = f"({ontology.names[rows[0]]}) is not a phenotype: {ontology.unsuited_reason(rows[0])}."
        elif diseases := self._diseases(text):
            if self.expand_diseases and (terms := self._phenotypes(diseases)):
                return terms
            reason = self._disease_reason(diseases)
        elif name := disease_id(text):
            reason = f"is a disease ({name}), not a phenotype, and is not in the annotations: give its phenotypes."
        elif (match := _NEGATION.match(text)) and ontology.read(text[match.end() :]):
            reason = f"is negated: give {text[match.end() :]!r} in `excluded`."
        else:
            reason = ontology.unknown_reason(text)
        self.left_out.append(LeftOut(text, reason))
        return []

    def _by_spelling(self, text: str) -> list[int]:
        """Rows of the only term that a misspelled name can stand for."""
        if self._is_disease(text) or self._is_word_of_diseases(text):
            return []
        slips = self.ontology.correct(text)
        rows = list(slips[0].rows) if len(slips) == 1 else []
        if len(rows) == 1 and self.ontology.is_phenotype[rows[0]]:
            self.corrected.append(f"{text!r} as {self.ontology.label(rows[0])}")
        return rows

    def _is_disease(self, text: str) -> bool:
        return bool(disease_id(text) or self.hpo.find_disease(text))

    def _is_word_of_diseases(self, text: str) -> bool:
        """Whether a word occurs in names of diseases but not of terms: *hemophilia* is no slip of *hemobilia*."""
        return any(self.hpo.is_disease_word(word) and not self.ontology.is_word(word) for word in spelling_words(text))

    def _diseases(self, text: str) -> list[int]:
        if rows := self.hpo.find_disease(text):
            return rows
        slips = self.hpo.correct_disease(text)
        return list(slips[0].rows) if len(slips) == 1 else []

    def _disease_reason(self, diseases: list[int]) -> str:
        label = self.hpo.disease_label(diseases[0])
        if self.expand_diseases:
            return f"is a disease, {label}, without annotated phenotypes: give those of the patient."
        return f"is a disease, {label}, not a phenotype: give the patient's phenotypes, or `expand_diseases=True`."

    def _phenotypes(self, diseases: list[int]) -> list[int]:
        terms = self.hpo.disease_terms()[diseases].indices
        return sorted(set(terms.tolist()))
