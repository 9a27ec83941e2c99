"""HPO annotations: phenotypes of diseases, genes of diseases, and the source of each row."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm._logging import logger
from scgsfm._messages import similar_names, suggestion, warn
from scgsfm.genes import approved_symbols

from ._evidence import Evidence
from ._frequencies import parse_frequency
from ._index_in_use import index_file, per_index, read_about
from ._ontology import Ontology, normalize_name
from ._spelling import NameIndex, clean_text

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping

    from scipy import sparse

    from ._spelling import Slip

_DISEASE_IDS = tuple(
    (re.compile(rf"<?(?:https?://\S*/)?{pattern}/?>?", re.IGNORECASE), prefix)
    for pattern, prefix in (
        (r"(?:orpha(?:net)?|ordo)[:_ ]*(\d+)", "ORPHA"),
        (r"(?:ordo/)?orphanet_(\d+)", "ORPHA"),
        (r"(?:#\s*)?(?:(?:o?mim)(?:ps)?[:_# ]*|omim\.org/(?:entry/)?|entry/)(\d{6})", "OMIM"),
        (r"decipher[:_ ]*(\d+)", "DECIPHER"),
        (r"mondo[:_ ]*(\d{1,7})", "MONDO"),
    )
)
TWO_YEARS = 731
"""Days after which annotations are reported as old."""
_REPORTED: set[str] = set()
NOTICE = "Research use only: nothing here is medical advice."


@dataclass(frozen=True)
class HPOAnnotations:
    """Terms of the Human Phenotype Ontology, genes, diseases and the relations among them.

    Relations are rows of integer arrays that refer to genes, diseases and terms by position. A gene has a phenotype if
    one of its diseases has it. Each phenotype implies its ancestors in the ontology.

    Examples
    --------
    >>> from scgsfm.phenotypes import load_annotations
    >>> hpo = load_annotations()
    >>> hpo.ontology.label(hpo.ontology.term("epileptic seizure"))
    'Seizure (HP:0001250)'
    >>> hpo.evidence("SCN1A", "HP:0001250")[0].source
    'HPO annotations 2025-01-16'
    """

    ontology: Ontology
    genes: list[str]
    """Approved symbols, sorted."""
    disease_ids: list[str]
    disease_names: list[str]
    disease_synonyms: list[str]
    disease_synonym_rows: np.ndarray
    links: np.ndarray
    """Rows of gene, disease and kind (position in :attr:`kinds`), sorted by gene: the genes that cause diseases."""
    kinds: list[tuple[str, str]]
    """Source and relation of each kind of link."""
    annotations: np.ndarray
    """Rows of disease, term, frequency, reference and code (positions in the lists of these), sorted by disease."""
    negated: np.ndarray
    """Annotations stating that the disease does not have the term."""
    frequencies: list[str]
    references: list[str]
    codes: list[str]
    sources: dict[str, dict[str, str]]
    """Title, version, license, address and citation of each source."""
    origins: tuple[str, ...] = ("hpo_annotations",)
    """Sources of annotations."""
    annotation_origins: np.ndarray | None = None
    """The source of each annotation (position in :attr:`origins`); all are of the first one by default."""
    other_ids: dict[str, list[int]] = field(default_factory=dict)
    """Rows of diseases by ids of other vocabularies, such as ``"MONDO:0010135"``."""
    name: str = "unnamed"
    """Name of the index, see :attr:`scgsfm.settings`."""

    @cached_property
    def frequency(self) -> np.ndarray:
        """Fraction of patients with the term, one value per annotation; NaN if the source does not state it."""
        values = np.array([parse_frequency(text) for text in self.frequencies])
        frequency: np.ndarray = values[self.annotations[:, 2]]
        return frequency

    @cached_property
    def _gene_rows(self) -> dict[str, int]:
        return {gene: row for row, gene in enumerate(self.genes)}

    @cached_property
    def _rows_by_symbol(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, symbol in enumerate(self.symbols):
            rows[symbol].append(row)
        return dict(rows)

    @cached_property
    def symbols(self) -> list[str]:
        """Today's approved symbol of each of :attr:`genes`."""
        return approved_symbols(self.genes, ncbi=True)

    def gene(self, symbol: str) -> int | None:
        """Row of a gene by approved symbol or by its name in :attr:`genes`; ``None`` if it has no annotation."""
        row = self._gene_rows.get(symbol)
        return self._rows_by_symbol.get(symbol, [None])[0] if row is None else row

    @cached_property
    def _disease_rows(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(self.disease_synonyms):
            rows[normalize_name(name)].append(int(self.disease_synonym_rows[row]))
        named: dict[str, list[int]] = defaultdict(list)
        for row, (key, name) in enumerate(zip(self.disease_ids, self.disease_names, strict=True)):
            named[normalize_name(key)].append(row)
            if name:
                named[normalize_name(name)].append(row)
        return rows | named

    @cached_property
    def name_words(self) -> frozenset[str]:
        """All words in names and synonyms of terms and diseases, in lower case."""
        o = self.ontology
        names = (*o.names, *o.synonyms, *self.disease_names, *self.disease_synonyms)
        return frozenset(re.findall(r"[^\W\d_]+", " ".join(names).lower()))

    @cached_property
    def ordinary_name_words(self) -> frozenset[str]:
        """Words of the names of terms and diseases that are not written in capitals, as symbols are; in lower case."""
        o = self.ontology
        words = re.findall(r"[^\W\d_]+", " ".join((*o.names, *o.synonyms, *self.disease_names, *self.disease_synonyms)))
        return frozenset(word.lower() for word in words if not word.isupper())

    def find_disease(self, text: str) -> list[int]:
        """Rows of diseases by id, name or synonym, in any writing; OMIM and Orphanet may use the same name."""
        name = disease_id(text) or text
        rows = self._disease_rows.get(normalize_name(name)) or self.other_ids.get(name)
        return list(dict.fromkeys(rows or self._disease_spellings.find(name)))

    @cached_property
    def _disease_spellings(self) -> NameIndex:
        synonyms = zip(self.disease_synonyms, self.disease_synonym_rows.tolist(), strict=True)
        return NameIndex([*((name, row) for row, name in enumerate(self.disease_names)), *synonyms])

    def is_disease_word(self, word: str) -> bool:
        """Whether a word in the common spelling occurs in names of diseases."""
        return word in self._disease_spellings.words

    def correct_disease(self, text: str) -> list[Slip]:
        """Diseases that a misspelled name may stand for; a single one if it is beyond doubt."""
        return [] if disease_id(text) else self._disease_spellings.correct(text)

    def disease(self, text: str) -> int:
        """Row of a disease by id, name or synonym; the first one if several match.

        Raises
        ------
        ValueError
            If there is no such disease.
        """
        if rows := self.find_disease(text):
            return rows[0]
        close = similar_names(normalize_name(text), self._disease_rows)
        hint = suggestion([self.disease_label(self._disease_rows[name][0]) for name in close])
        msg = f"{text!r} is not a disease in the HPO annotations.{hint}"
        raise ValueError(msg)

    def disease_label(self, row: int) -> str:
        """``Dravet syndrome (OMIM:607208)``."""
        name = self.disease_names[row]
        return f"{name} ({self.disease_ids[row]})" if name else self.disease_ids[row]

    @cached_property
    def _link_starts(self) -> np.ndarray:
        return np.searchsorted(self.links[:, 0], np.arange(len(self.genes) + 1))

    @cached_property
    def _annotation_starts(self) -> np.ndarray:
        return np.searchsorted(self.annotations[:, 0], np.arange(len(self.disease_ids) + 1))

    def links_of(self, gene: str) -> np.ndarray:
        """Positions in :attr:`links` of a gene's diseases, under all of its names."""
        row = self.gene(gene)
        if row is None:
            return np.empty(0, np.int64)
        rows = self._rows_by_symbol[self.symbols[row]]
        return np.concatenate([np.arange(*self._link_starts[one : one + 2]) for one in rows])

    def annotations_of(self, disease: int) -> np.ndarray:
        """Positions in :attr:`annotations` of a disease's terms."""
        return np.arange(*self._annotation_starts[disease : disease + 2])

    def evidence(self, gene: str, term: str | int, *, negated: bool = False) -> list[Evidence]:
        """Evidence that a gene has a phenotype: annotations of its diseases with the term or a descendant.

        Parameters
        ----------
        gene
            Approved symbol.
        term
            Id, name, synonym or row of a term.
        negated
            List the annotations stating that a disease lacks the term or one of its ancestors instead.

        Returns
        -------
        One entry per annotation; empty if there is none.
        """
        row = self.ontology.term(term) if isinstance(term, str) else int(term)
        wanted = np.zeros(len(self.ontology), bool)
        wanted[self.ontology.ancestors(row) if negated else self.ontology.descendants(row)] = True
        links = self.links[self.links_of(gene)]
        found = []
        for disease in np.unique(links[:, 1]).tolist():
            positions = self.annotations_of(disease)
            kept = wanted[self.annotations[positions, 1]] & (self.negated[positions] == negated)
            relation = self._relation(links[links[:, 1] == disease, 2]) if kept.any() else ""
            found += [self._as_evidence(gene, relation, position) for position in positions[kept].tolist()]
        return found

    def _relation(self, kinds: np.ndarray) -> str:
        """All relations of a gene and a disease, with their sources."""
        return "; ".join(
            f"{relation} [{self.source_label(source)}]" for source, relation in (self.kinds[k] for k in kinds)
        )

    def _as_evidence(self, gene: str, relation: str, position: int) -> Evidence:
        disease, term, frequency, reference, code = self.annotations[position].tolist()
        return Evidence(
            gene=gene,
            disease=self.disease_ids[disease],
            disease_name=self.disease_names[disease],
            relation=relation,
            term=self.ontology.ids[term],
            term_name=self.ontology.names[term],
            frequency=self.frequencies[frequency],
            reference=self.references[reference],
            code=self.codes[code],
            source=self.annotation_source(position),
        )

    def annotation_source(self, position: int) -> str:
        """Title and version of the source of an annotation."""
        origin = 0 if self.annotation_origins is None else int(self.annotation_origins[position])
        return self.source_label(self.origins[origin])

    def source_label(self, source: str) -> str:
        """Title and version of a source."""
        about = self.sources[source]
        return f"{about['title']} {about['version']}"

    def disease_terms(self, *, negated: bool = False) -> sparse.csr_array:
        """Diseases × terms, boolean: annotated phenotypes without ancestors."""
        from scipy import sparse

        kept = (self.negated == negated) & self.ontology.is_phenotype[self.annotations[:, 1]]
        disease, term = self.annotations[kept, :2].T
        matrix = sparse.csr_array(
            (np.ones(len(disease), bool), (disease, term)), shape=(len(self.disease_ids), len(self.ontology))
        )
        matrix.sum_duplicates()
        return matrix

    def gene_diseases(self, sources: Collection[str] | None = None) -> sparse.csr_array:
        """Genes × diseases, boolean, from the links of ``sources`` (by default all)."""
        from scipy import sparse

        wanted = np.array([sources is None or source in sources for source, _ in self.kinds])
        gene, disease, _ = self.links[wanted[self.links[:, 2]]].T
        matrix = sparse.csr_array(
            (np.ones(len(gene), bool), (gene, disease)), shape=(len(self.genes), len(self.disease_ids))
        )
        matrix.sum_duplicates()
        return matrix

    def gene_terms(self, sources: Collection[str] | None = None) -> sparse.csr_array:
        """Genes × terms, boolean: the phenotypes of the genes' diseases, without ancestors."""
        return (self.gene_diseases(sources) @ self.disease_terms()).astype(bool)

    @cached_property
    def gene_phenotypes(self) -> sparse.csr_array:
        """Genes × terms, boolean: phenotypes of the genes' diseases, including ancestors that are phenotypes."""
        from scipy import sparse

        above = (self.gene_terms() @ self.ontology.closure).astype(bool)
        return sparse.csr_array(above.multiply(self.ontology.is_phenotype).astype(bool))

    @cached_property
    def gene_phenotypes_by_term(self) -> sparse.csc_array:
        """The same as :attr:`gene_phenotypes`, in columns."""
        return self.gene_phenotypes.tocsc()

    @cached_property
    def information(self) -> np.ndarray:
        r"""Information content of each term among diseases.

        .. math::

            IC(t) = -\log \frac{\max(n_t, 1)}{N}

        where :math:`n_t` is the number of diseases annotated with :math:`t` or a descendant, and :math:`N` the number of
        diseases with any annotation (Resnik 1995, as used by Phrank :cite:p:`Jagadeesh2019`).
        """
        terms = self.disease_terms()
        annotated = np.diff(terms.indptr) > 0
        counts = np.asarray((terms @ self.ontology.closure).astype(bool).sum(axis=0)).ravel()
        content: np.ndarray = -np.log(np.maximum(counts, 1) / max(int(annotated.sum()), 1))
        return content

    def about(self) -> str:
        """Version and citation of ontology and annotations, to be shown wherever content is displayed."""
        hpo, notes = self.sources["hpo"], ", ".join(map(self.source_label, self.origins))
        return f"Index {self.name}: {hpo['title']} {hpo['version']}, {notes} ({hpo['citation']}). {NOTICE}"

    @property
    def date(self) -> str:
        """Date of the newest annotations: ``2025-11-24``, or a month."""
        return max(self.sources[key]["version"] for key in self.origins)


def disease_id(text: str) -> str:
    """``OMIM:154700`` of the id of a disease in any writing; empty for other texts."""
    plain = clean_text(text).strip(" \"'.,;()[]")
    for pattern, prefix in _DISEASE_IDS:
        if match := pattern.fullmatch(plain):
            return f"{prefix}:{int(match[1]):07d}" if prefix == "MONDO" else f"{prefix}:{match[1]}"
    return ""


@per_index
def load_annotations() -> HPOAnnotations:
    """The annotations in use: those that ship with the package, or those that ``settings.phenotypes`` chooses.

    They are read once. Annotations that are older than two years are reported once.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no index of the chosen name, or the chosen file is not an index.
    """
    hpo = read_annotations(index_file())
    logger.debug("Phenotypes: %s", hpo.about())
    age = (date.today() - _as_date(hpo.date)).days
    if age > TWO_YEARS and hpo.name not in _REPORTED:
        _REPORTED.add(hpo.name)
        warn(
            f"The newest annotations of the phenotype index {hpo.name!r} are of {hpo.date}, over {age // 365} years old. "
            "`scgsfm update phenotypes --download` builds an index of today's release."
        )
    return hpo


def _as_date(text: str) -> date:
    """Date of ``2025-11-24`` or ``2025-12``; today for other versions."""
    parts = [int(part) for part in re.findall(r"\d+", text)]
    try:
        return date(*[*parts, 1, 1][:3])
    except (ValueError, TypeError, OverflowError):
        return date.today()


def read_annotations(path: str | os.PathLike[str]) -> HPOAnnotations:
    """Read an index file, as :func:`update_annotations` and ``training/build_phenotypes.py`` write it.

    Raises
    ------
    ValueError
        If the file is not an index, is damaged, or was written by a later version of the package.
    """
    about = read_about(Path(path))
    with np.load(path, allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    return _unpack(arrays, about)


def _unpack(arrays: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> HPOAnnotations:
    """The annotations from arrays; texts are stored as lines of UTF-8."""
    texts: dict[str, Any] = {key: _lines(arrays[key]) for key in _TEXTS if key in arrays}
    ontology = Ontology(
        numbers=arrays["terms"].astype(np.int64),
        names=texts["term_names"],
        synonyms=texts["synonyms"],
        synonym_rows=arrays["synonym_terms"].astype(np.int64),
        exact=arrays["synonym_exact"].astype(bool),
        parents=arrays["parents"].astype(np.int64),
        alternatives=dict(arrays["alternatives"].astype(np.int64).T.tolist()),
        version=about["sources"]["hpo"]["version"],
        obsolete=_obsolete(arrays, texts) if "obsolete_terms" in arrays else {},
        newer=dict(zip(arrays["newer_terms"].tolist(), texts["newer_names"], strict=True))
        if "newer_terms" in arrays
        else {},
    )
    other_ids: dict[str, list[int]] = defaultdict(list)
    for key, row in zip(texts.get("other_ids", ()), arrays.get("other_id_diseases", np.empty(0)).tolist(), strict=True):
        other_ids[key].append(int(row))
    return HPOAnnotations(
        ontology,
        texts["genes"],
        texts["disease_ids"],
        texts["disease_names"],
        texts["disease_synonyms"],
        arrays["disease_synonym_diseases"].astype(np.int64),
        arrays["links"].astype(np.int64).T,
        [tuple(kind) for kind in about["kinds"]],
        np.stack([arrays[f"annotation_{name}"].astype(np.int64) for name in _COLUMNS], axis=1),
        arrays["annotation_negated"].astype(bool),
        texts["frequencies"] or [""],
        texts["references"] or [""],
        about["codes"],
        about["sources"],
        tuple(about.get("origins", ("hpo_annotations",))),
        arrays["annotation_origins"].astype(np.int64) if "annotation_origins" in arrays else None,
        dict(other_ids),
        about["name"],
    )


def _obsolete(arrays: Mapping[str, np.ndarray], texts: Mapping[str, Any]) -> dict[int, tuple[str, list[int]]]:
    consider = ([int(other) for other in line.split()] for line in texts["obsolete_consider"])
    numbers = arrays["obsolete_terms"].tolist()
    return {n: (name, others) for n, name, others in zip(numbers, texts["obsolete_names"], consider, strict=True)}


_TEXTS = (
    "term_names", "synonyms", "genes", "disease_ids", "disease_names", "disease_synonyms", "frequencies", "references",
    "obsolete_names", "obsolete_consider", "newer_names", "other_ids",
)  # fmt: skip
_COLUMNS = ("diseases", "terms", "frequencies", "references", "codes")


def _lines(array: np.ndarray) -> list[str]:
    return array.tobytes().decode().split("\n") if array.size else []
