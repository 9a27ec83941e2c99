"""What is known of genes, diseases and phenotypes, and who says so."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scgsfm._messages import similar_names, suggestion

from ._ontology import Ontology, plain

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Mapping

    from scipy import sparse

EMBEDDED = Path(__file__).parents[1] / "data" / "models" / "gpgpt-mini" / "knowledge.npz"
FREQUENCY_CLASSES = {280: 1.0, 281: 0.895, 282: 0.545, 283: 0.17, 284: 0.025, 285: 0.0}
"""Middle of the range that a class HP:0040280, …, HP:0040285 stands for."""
NOTICE = "Research use only: nothing here is medical advice."
"""Said once wherever content is displayed."""


class Evidence(NamedTuple):
    """One annotation: a disease of a gene has a phenotype, as a source says."""

    gene: str
    disease: str
    """Its id, as ``OMIM:607208``."""
    disease_name: str
    relation: str
    """How the gene belongs to the disease and who says so, as ``"Major susceptibility factor in [Orphanet 2023-06]"``."""
    term: str
    """Id of the annotated term: the one asked for, or a descendant."""
    term_name: str
    frequency: str
    """As the source gives it: ``"7/12"``, ``"45%"``, or a class such as ``"HP:0040281"``; empty if it doesn't."""
    reference: str
    """As ``PMID:…``; several are separated by ``;``."""
    code: str
    """PCS: published clinical study; TAS: a statement that can be traced; IEA: inferred from electronic annotation."""
    source: str
    """Source and version of the annotation."""

    def cite(self) -> str:
        """The row in one line."""
        about = ", ".join(filter(None, [self.frequency, self.reference, self.code]))
        return f"{self.gene} – {self.disease_name} ({self.disease}) – {self.term_name} ({self.term}) [{about}; {self.source}]"


@dataclass(frozen=True)
class HPOAnnotations:
    """Terms of the Human Phenotype Ontology, genes, diseases and the relations among them.

    Relations are rows of arrays; each refers to genes, diseases and terms by position. A gene has a phenotype if a
    disease of the gene has it, and with it all its ancestors.

    Examples
    --------
    >>> from scgsfm.models.gpgpt import knowledge
    >>> known = knowledge()
    >>> known.ontology.label(known.ontology.term("epileptic seizure"))
    'Seizure (HP:0001250)'
    >>> known.evidence("SCN1A", "HP:0001250")[0].source
    'HPO annotations 2023-01-27'
    """

    ontology: Ontology
    genes: list[str]
    """Approved symbols, sorted."""
    disease_ids: list[str]
    disease_names: list[str]
    disease_synonyms: list[str]
    disease_synonym_rows: np.ndarray
    links: np.ndarray
    """Rows of gene, disease and kind (into :attr:`kinds`), by gene: which genes diseases are due to."""
    kinds: list[tuple[str, str]]
    """Source and relation of a link."""
    annotations: np.ndarray
    """Rows of disease, term, frequency, reference and code (into the lists of those names), by disease."""
    negated: np.ndarray
    """Which annotations say that the disease does not have the term."""
    frequencies: list[str]
    references: list[str]
    codes: list[str]
    sources: dict[str, dict[str, str]]
    """Title, version, licence, address and citation of each source."""

    @cached_property
    def frequency(self) -> np.ndarray:
        """Share of the patients that have the term, one value an annotation; NaN where the source gives none."""
        return np.array([share(text) for text in self.frequencies])[self.annotations[:, 2]]

    @cached_property
    def _gene_rows(self) -> dict[str, int]:
        return {gene: row for row, gene in enumerate(self.genes)}

    def gene(self, symbol: str) -> int | None:
        """Row of a gene by its approved symbol."""
        return self._gene_rows.get(symbol)

    @cached_property
    def _disease_rows(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = defaultdict(list)
        for row, name in enumerate(self.disease_synonyms):
            rows[plain(name)].append(int(self.disease_synonym_rows[row]))
        named: dict[str, list[int]] = defaultdict(list)
        for row, (key, name) in enumerate(zip(self.disease_ids, self.disease_names, strict=True)):
            named[plain(key)].append(row)
            if name:
                named[plain(name)].append(row)
        return rows | named

    @cached_property
    def name_words(self) -> frozenset[str]:
        """All words of the names and synonyms of terms and diseases, in small letters."""
        o = self.ontology
        names = (*o.names, *o.synonyms, *self.disease_names, *self.disease_synonyms)
        return frozenset(re.findall(r"[^\W\d_]+", " ".join(names).lower()))

    def find_disease(self, text: str) -> list[int]:
        """Rows of the diseases with that id, name or synonym; OMIM and Orphanet may both have the name."""
        return list(dict.fromkeys(self._disease_rows.get(plain(text), [])))

    def disease(self, text: str) -> int:
        """Row of a disease by id, name or synonym; the first of several.

        Raises
        ------
        ValueError
            If there is no such disease.
        """
        if rows := self.find_disease(text):
            return rows[0]
        close = similar_names(plain(text), self._disease_rows)
        hint = suggestion([self.disease_label(self._disease_rows[name][0]) for name in close])
        msg = f"{text!r} is no disease of the annotations.{hint}"
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
        """Positions in :attr:`links` of a gene's diseases."""
        row = self.gene(gene)
        return np.arange(*self._link_starts[row : row + 2]) if row is not None else np.empty(0, np.int64)

    def annotations_of(self, disease: int) -> np.ndarray:
        """Positions in :attr:`annotations` of a disease's terms."""
        return np.arange(*self._annotation_starts[disease : disease + 2])

    def evidence(self, gene: str, term: str | int, *, negated: bool = False) -> list[Evidence]:
        """What says that a gene has a phenotype: annotations of its diseases with the term or a descendant.

        Parameters
        ----------
        gene
            Approved symbol.
        term
            Id, name, synonym or row of a term.
        negated
            List instead what says that a disease lacks the term or an ancestor of it.

        Returns
        -------
        One row an annotation; empty for what isn't known.
        """
        row = self.ontology.term(term) if isinstance(term, str) else int(term)
        wanted = np.zeros(len(self.ontology), bool)
        wanted[self.ontology.ancestors(row) if negated else self.ontology.descendants(row)] = True
        links = self.links[self.links_of(gene)]
        found = []
        for disease in np.unique(links[:, 1]).tolist():
            places = self.annotations_of(disease)
            kept = wanted[self.annotations[places, 1]] & (self.negated[places] == negated)
            relation = self._relation(links[links[:, 1] == disease, 2]) if kept.any() else ""
            found += [self._row(gene, relation, place) for place in places[kept].tolist()]
        return found

    def _relation(self, kinds: np.ndarray) -> str:
        """All that is said of how a gene belongs to a disease."""
        return "; ".join(f"{relation} [{self.cited(source)}]" for source, relation in (self.kinds[k] for k in kinds))

    def _row(self, gene: str, relation: str, place: int) -> Evidence:
        disease, term, frequency, reference, code = self.annotations[place].tolist()
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
            source=self.cited("hpo_annotations"),
        )

    def cited(self, source: str) -> str:
        """Title and version of a source."""
        about = self.sources[source]
        return f"{about['title']} {about['version']}"

    def disease_terms(self, *, negated: bool = False) -> sparse.csr_array:
        """Diseases × terms, boolean: the phenotypes annotated, without ancestors."""
        from scipy import sparse

        kept = (self.negated == negated) & self.ontology.is_phenotype[self.annotations[:, 1]]
        disease, term = self.annotations[kept, :2].T
        made = sparse.csr_array(
            (np.ones(len(disease), bool), (disease, term)), shape=(len(self.disease_ids), len(self.ontology))
        )
        made.sum_duplicates()
        return made

    def gene_diseases(self, sources: Collection[str] | None = None) -> sparse.csr_array:
        """Genes × diseases, boolean; ``sources`` of the links, by default all."""
        from scipy import sparse

        wanted = np.array([sources is None or source in sources for source, _ in self.kinds])
        gene, disease, _ = self.links[wanted[self.links[:, 2]]].T
        made = sparse.csr_array(
            (np.ones(len(gene), bool), (gene, disease)), shape=(len(self.genes), len(self.disease_ids))
        )
        made.sum_duplicates()
        return made

    def gene_terms(self, sources: Collection[str] | None = None) -> sparse.csr_array:
        """Genes × terms, boolean: the phenotypes of the genes' diseases, without ancestors."""
        return (self.gene_diseases(sources) @ self.disease_terms()).astype(bool)

    @cached_property
    def gene_phenotypes(self) -> sparse.csr_array:
        """Genes × terms, boolean: what is known of each gene, ancestors that are phenotypes included."""
        from scipy import sparse

        above = (self.gene_terms() @ self.ontology.closure).astype(bool)
        return sparse.csr_array(above.multiply(self.ontology.is_phenotype).astype(bool))

    @cached_property
    def information(self) -> np.ndarray:
        r"""Information content of each term: :math:`-\log` of the share of diseases that have it or a descendant.

        A term that no disease has counts as one of a single disease.
        """
        terms = self.disease_terms()
        annotated = np.diff(terms.indptr) > 0
        counts = np.asarray((terms @ self.ontology.closure).astype(bool).sum(axis=0)).ravel()
        return -np.log(np.maximum(counts, 1) / max(int(annotated.sum()), 1))

    def about(self) -> str:
        """Version and citation of the ontology and of the annotations, for wherever content is displayed."""
        hpo, notes = self.sources["hpo"], self.cited("hpo_annotations")
        return f"{hpo['title']} {hpo['version']}, {notes} ({hpo['citation']}). {NOTICE}"


def share(text: str) -> float:
    """A frequency as a number: ``"3/4"``, ``"75%"`` or a class; NaN for an empty one."""
    if not text:
        return np.nan
    if text.startswith("HP:"):
        return FREQUENCY_CLASSES.get(int(text[3:]) - 40000, np.nan)
    if text.endswith("%"):
        return float(text[:-1]) / 100
    n, _, of = text.partition("/")
    return float(n) / float(of) if float(of) else np.nan


@cache
def load_annotations() -> HPOAnnotations:
    """The embedded index; read once."""
    return read_annotations(EMBEDDED)


def read_annotations(path: str | os.PathLike[str]) -> HPOAnnotations:
    """Read what ``training/build_phenotypes.py`` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    return unpack(arrays)


def unpack(arrays: Mapping[str, np.ndarray]) -> HPOAnnotations:
    """The index from its arrays; texts are lines of UTF-8."""
    texts: dict[str, Any] = {key: _lines(arrays[key]) for key in _TEXTS}
    about = json.loads(arrays["about"].tobytes().decode())
    ontology = Ontology(
        numbers=arrays["terms"].astype(np.int64),
        names=texts["term_names"],
        synonyms=texts["synonyms"],
        synonym_rows=arrays["synonym_terms"].astype(np.int64),
        exact=arrays["synonym_exact"].astype(bool),
        parents=arrays["parents"].astype(np.int64),
        alternatives=dict(arrays["alternatives"].astype(np.int64).T.tolist()),
        version=about["sources"]["hpo"]["version"],
    )
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
        texts["frequencies"],
        texts["references"],
        about["codes"],
        about["sources"],
    )


_TEXTS = (
    "term_names", "synonyms", "genes", "disease_ids", "disease_names", "disease_synonyms", "frequencies", "references",
)  # fmt: skip
_COLUMNS = ("diseases", "terms", "frequencies", "references", "codes")


def _lines(array: np.ndarray) -> list[str]:
    return array.tobytes().decode().split("\n")
