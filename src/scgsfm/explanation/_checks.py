"""Check claims against libraries, rankings, annotations and models, independently of the code that wrote them.

Nothing is imported from the modules that retrieve facts and write sentences. Statistics are computed again, from the
libraries as they are stored, by other code: the hypergeometric distribution of scipy on counts of Python sets, and the
logits of the model for lists of names. The coherence, which has no simpler definition than its code, is compared with
the assessment of the genes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from scgsfm.genesets import GeneSets

from . import _definitions
from ._claim_tables import HPO, ClaimError, ClaimTables
from ._claims import CELL_TYPES, COMPARISON, CORE, DISEASES, GENES, MOTIFS, RELATIONS, Claim, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._coherence import Coherence
    from ._query import Query

LIBRARIES, RANKING, STUDIED = "libraries", "ranking of genes", "go_bp and reactome"
N_SPECIALS = 2


@dataclass
class ClaimChecker:
    """Checks the claims about one query."""

    tables: ClaimTables
    query: Query
    assessed: list[str]
    """Genes that were assessed for coherence."""
    coherence: Coherence | None
    _padj: dict[tuple[str, str], dict[str, float]] = field(default_factory=dict)
    _logits: dict[tuple[str, ...], np.ndarray] = field(default_factory=dict)

    def check(self, sentences: Iterable[Sentence]) -> list[Sentence]:
        """The sentences, with a verdict for each claim."""
        return [replace(s, claims=tuple(self.checked(claim) for claim in s.claims)) for s in sentences]

    def checked(self, claim: Claim) -> Claim:
        """The claim with its verdict, and what was found instead."""
        try:
            verdict, found = self._verdict(claim)
        except ClaimError as error:
            verdict, found = "refuted", str(error)
        return replace(claim, verdict=verdict, found=found)

    def _verdict(self, claim: Claim) -> tuple[str, str]:
        if claim.relation not in RELATIONS:
            msg = f"unknown relation {claim.relation!r}"
            raise ClaimError(msg)
        return getattr(self, "_" + claim.relation.replace(" ", "_"))(claim)  # type: ignore[no-any-return]

    # what the query is

    @cached_property
    def _core(self) -> list[str]:
        if self.coherence is None:
            return []
        order = np.argsort(self.coherence.membership, kind="stable")[::-1]
        return [self.assessed[i] for i in order if self.coherence.core[i]]

    def _genes(self, subject: str) -> list[str]:
        if subject not in (GENES, CORE):
            msg = f"{subject!r} is not the genes or their core"
            raise ClaimError(msg)
        return list(self.query.genes) if subject == GENES else self._core

    def _positions(self, subject: str, source: str) -> frozenset[int]:
        positions = frozenset(self.tables.sources.index.positions(self._genes(subject)).tolist()) - {-1}
        if source in (HPO, DISEASES):  # tested among annotated genes
            positions &= frozenset().union(*self.tables.counts(source).terms.values())
        return positions

    def _term(self, claim: Claim, name: str) -> frozenset[int]:
        counts = self.tables.counts(claim.source)
        if name not in counts.terms:
            msg = f"{claim.source} has no term {name!r}"
            raise ClaimError(msg)
        return counts.terms[name]

    def _compared(self, claim: Claim, found: float, *, is_equal: bool, holds: bool = True) -> tuple[str, str]:
        """Supported if the relation holds with this number and version, partially supported if it only holds."""
        if not holds:
            return "refuted", f"{claim.statistic} is {found:.3g}"
        if not is_equal:
            return "partially supported", f"{claim.statistic} is {found:.3g}"
        return self._of_version(claim)

    def _of_version(self, claim: Claim) -> tuple[str, str]:
        counts = self.tables.counts(claim.source)
        version = counts.versions.get(claim.object, counts.version)
        if claim.version != version:
            return "partially supported", f"the version is {version!r}"
        return "supported", ""

    # relations

    def _enriched_for(self, claim: Claim) -> tuple[str, str]:
        self._term(claim, claim.object)
        key = claim.subject, claim.source
        if key not in self._padj:
            self._padj[key] = self.tables.counts(claim.source).padj(self._positions(*key))
        padj = self._padj[key].get(claim.object)
        if padj is None:
            msg = f"{claim.object!r} was not tested: it has too few or too many genes in the background"
            raise ClaimError(msg)
        holds = padj <= self.tables.options.max_padj
        return self._compared(claim, padj, is_equal=_same_pvalue(claim.value, padj), holds=holds)

    def _enriched_terms(self, claim: Claim) -> tuple[str, str]:
        if claim.source != LIBRARIES:
            msg = f"there is no source {claim.source!r}"
            raise ClaimError(msg)
        n = 0
        for source in self.tables.sources.libraries:
            if source in CELL_TYPES:
                continue
            positions, counts = self._positions(claim.subject, source), self.tables.counts(source)
            for term, padj in counts.padj(positions).items():
                is_shared = len(positions & counts.terms[term]) > 1
                n += padj <= self.tables.options.max_padj and is_shared and term not in self.query.masked
        return ("supported", "") if n == claim.value else ("refuted", f"n_terms is {n}")

    def _shares_genes_with(self, claim: Claim) -> tuple[str, str]:
        n_hits = len(self._term(claim, claim.object) & self._positions(claim.subject, claim.source))
        return self._compared(claim, n_hits, is_equal=claim.value == n_hits, holds=n_hits > 0)

    def _annotated_to(self, claim: Claim) -> tuple[str, str]:
        members = self._term(claim, claim.object)
        (position,) = self.tables.sources.index.positions([claim.subject]).tolist()
        if position not in members:
            msg = f"{claim.subject} is not annotated to {claim.object!r} in {claim.source}"
            raise ClaimError(msg)
        if position not in self._positions(GENES, "") and claim.subject not in set(self.query.given):
            msg = f"{claim.subject} is not one of the genes"
            raise ClaimError(msg)
        return self._of_version(claim)

    def _annotated_as(self, claim: Claim) -> tuple[str, str]:
        table = self.query.annotation
        if table is None or claim.source != "annotation":
            msg = "there is no annotation of the cells"
            raise ClaimError(msg)
        rows = zip(table["cell_type"], table["assigned"], table["probability"], strict=True)
        found = {str(name): float(p) for name, is_assigned, p in rows if is_assigned}
        if claim.object not in found:
            return "refuted", f"the cells are annotated as {', '.join(found) or 'nothing'}"
        p = found[claim.object]
        return (
            ("supported", "") if abs(p - claim.value) <= 0.00501 else ("partially supported", f"probability is {p:.3g}")
        )

    # results about groups of cells

    def _row(self, kind: str, source: str, claim: Claim, **found: str) -> Any:
        """The one row of a table for these values."""
        table = self.query.evidence.tables.get(kind)
        if table is None or claim.source != source:
            msg = f"there is no {kind} of these cells from {claim.source!r}"
            raise ClaimError(msg)
        rows = [
            row for row in table.to_dict("records") if all(str(row[name]) == value for name, value in found.items())
        ]
        if len(rows) != 1:
            msg = f"the {kind} has {len(rows)} rows for {' and '.join(map(repr, found.values()))}"
            raise ClaimError(msg)
        return rows[0]

    def _by_row(self, kind: str, claim: Claim, found: float, *, is_equal: bool, holds: bool) -> tuple[str, str]:
        """Supported if the relation holds with this number, for the same gene sets or motifs."""
        if not holds:
            return "refuted", f"{claim.statistic} is {found:.3g}"
        if not is_equal:
            return "partially supported", f"{claim.statistic} is {found:.3g}"
        version = self.query.evidence.versions.get(kind, "")
        return ("supported", "") if claim.version == version else ("partially supported", f"the version is {version!r}")

    def _difference(self, claim: Claim) -> Any:
        """The row of a set and condition, whose p-value must be that of its t-statistic."""
        from scipy.stats import t as student

        row = self._row("comparison", COMPARISON, claim, set=claim.subject, condition=claim.object)
        pvalue = 2 * student.sf(abs(row["t"]), row["df"])
        if not np.isclose(row["pvalue"], pvalue, rtol=1e-3, atol=1e-300) or row["padj"] < row["pvalue"] * (1 - 1e-9):
            msg = f"the p-values do not follow from t = {row['t']:.3g}, of which the p-value is {pvalue:.3g}"
            raise ClaimError(msg)
        return row

    def _changed(self, claim: Claim, sign: int) -> tuple[str, str]:
        row = self._difference(claim)
        found = float(row["standardized_effect"])
        holds = found * sign > 0 and row["t"] * sign > 0
        return self._by_row("comparison", claim, found, is_equal=abs(found - claim.value) <= 0.00501, holds=holds)

    def _higher_in_condition(self, claim: Claim) -> tuple[str, str]:
        return self._changed(claim, 1)

    def _lower_in_condition(self, claim: Claim) -> tuple[str, str]:
        return self._changed(claim, -1)

    def _differs_in_condition(self, claim: Claim) -> tuple[str, str]:
        padj = float(self._difference(claim)["padj"])
        holds = padj <= self.tables.options.max_padj
        return self._by_row("comparison", claim, padj, is_equal=_same_pvalue(claim.value, padj), holds=holds)

    def _n_compared(self, claim: Claim, max_padj: float) -> tuple[str, str]:
        table = self.query.evidence.tables.get("comparison")
        if table is None or claim.source != COMPARISON:
            msg = f"there is no comparison of these cells from {claim.source!r}"
            raise ClaimError(msg)
        of_condition = [row for row in table.to_dict("records") if row["condition"] == claim.object]
        if not of_condition:
            msg = f"there is no condition {claim.object!r}"
            raise ClaimError(msg)
        n = 0
        for row in of_condition:
            n += (
                row["padj"] <= 1
                if max_padj > 1
                else row["padj"] <= max_padj and np.isfinite(row["standardized_effect"])
            )
        return self._by_row("comparison", claim, n, is_equal=True, holds=n == claim.value)

    def _sets_that_differ(self, claim: Claim) -> tuple[str, str]:
        return self._n_compared(claim, self.tables.options.max_padj)

    def _sets_compared(self, claim: Claim) -> tuple[str, str]:
        return self._n_compared(claim, np.inf)

    def _enriched_in_peaks_of_these_cells(self, claim: Claim) -> tuple[str, str]:
        z = float(self._row("motifs", MOTIFS, claim, motif=claim.subject)["z"])
        return self._by_row("motifs", claim, z, is_equal=abs(z - claim.value) <= 0.0501, holds=z > 0)

    def _significant_in_peaks_of_these_cells(self, claim: Claim) -> tuple[str, str]:
        padj = float(self._row("motifs", MOTIFS, claim, motif=claim.subject)["padj"])
        holds = padj <= self.tables.options.max_padj
        return self._by_row("motifs", claim, padj, is_equal=_same_pvalue(claim.value, padj), holds=holds)

    def _factor_of(self, claim: Claim) -> tuple[str, str]:
        row = self._row("motifs", MOTIFS, claim, motif=claim.object)
        names = str(row["name"]).casefold().replace("::", " ").replace(",", " ").split()
        holds = claim.subject.casefold() in names
        return self._by_row("motifs", claim, float("nan"), is_equal=True, holds=holds)

    def _change(self, claim: Claim) -> float:
        if claim.source != RANKING:
            msg = f"there is no source {claim.source!r}"
            raise ClaimError(msg)
        changes = self._changes
        if claim.subject not in changes:
            msg = f"{claim.subject} is not in the ranking"
            raise ClaimError(msg)
        return changes[claim.subject]

    @cached_property
    def _changes(self) -> dict[str, float]:
        ranking = self.query.ranking
        if ranking is None or "logfc" not in ranking:
            return {}
        return dict(zip(ranking["name"].tolist(), ranking["logfc"].tolist(), strict=True))

    def _moved(self, claim: Claim, sign: int) -> tuple[str, str]:
        change = self._change(claim)
        if change * sign <= 0:
            return "refuted", f"logfc is {change:.3g}"
        is_equal = abs(change - claim.value) <= 0.0501
        return ("supported", "") if is_equal else ("partially supported", f"logfc is {change:.3g}")

    def _higher_in_these_cells(self, claim: Claim) -> tuple[str, str]:
        return self._moved(claim, 1)

    def _lower_in_these_cells(self, claim: Claim) -> tuple[str, str]:
        return self._moved(claim, -1)

    def _genes_lower_in_these_cells(self, claim: Claim) -> tuple[str, str]:
        members, ranking = self._term(claim, claim.subject), self.query.ranking
        if ranking is None or not {"logfc", "padj"} <= set(ranking):
            msg = "there is no ranking with fold changes and p-values"
            raise ClaimError(msg)
        names = {self.tables.sources.background[i] for i in members}
        rows = zip(ranking["name"], ranking["logfc"], ranking["padj"], strict=True)
        n = sum(name in names and change < 0 and p <= self.tables.options.max_padj for name, change, p in rows)
        return self._compared(claim, n, is_equal=n == claim.value, holds=n > 0)

    def _scores(self, names: list[str]) -> np.ndarray:
        """Standardized logits of all genes of the model for a list of names."""
        vocabulary = [str(gene) for gene in self.tables.model.genes]
        rows = self.tables.vocabulary.positions(names)
        logits = np.asarray(self.tables.model.logits([[vocabulary[i] for i in rows]]))[0].astype(float)
        z = (logits - self.tables.calibration.mean) / self.tables.calibration.std
        return np.asarray((z - z[N_SPECIALS:].mean()) / z[N_SPECIALS:].std())

    def _by_score(self, claim: Claim, names: list[str], least: float) -> tuple[str, str]:
        """Compare the z-score of a gene for a list of names, of which it must not be one."""
        key = tuple(names)
        if key not in self._logits:
            self._logits[key] = self._scores(names)
        (position,) = self.tables.vocabulary.positions([claim.subject]).tolist()
        if position < 0 or claim.subject in set(names):
            msg = f"{claim.subject} is one of the genes, or unknown to the model"
            raise ClaimError(msg)
        zscore = float(self._logits[key][position])
        if zscore <= least:
            return "refuted", f"zscore is {zscore:.3g}"
        is_equal = abs(zscore - claim.value) <= 0.0602
        return ("supported", "") if is_equal else ("partially supported", f"zscore is {zscore:.3g}")

    def _predicted_to_join(self, claim: Claim) -> tuple[str, str]:
        self._by_model(claim)
        if claim.subject in set(self.query.genes):
            msg = f"{claim.subject} is one of the genes"
            raise ClaimError(msg)
        if claim.object not in (GENES, CORE):
            msg = f"{claim.object!r} is not the genes or their core"
            raise ClaimError(msg)
        return self._by_score(claim, self.assessed if claim.object == GENES else self._core, 2.9)

    def _associated_with(self, claim: Claim) -> tuple[str, str]:
        self._by_model(claim)
        if claim.object not in set(self.query.given):
            msg = f"{claim.object!r} is not the gene"
            raise ClaimError(msg)
        return self._by_score(claim, [claim.object], 0)

    def _significant_markers(self, claim: Claim) -> tuple[str, str]:
        if claim.source != RANKING:
            msg = f"there is no source {claim.source!r}"
            raise ClaimError(msg)
        n = len(self.query.genes)
        return ("supported", "") if n == claim.value else ("refuted", f"n_genes is {n}")

    def _by_model(self, claim: Claim) -> None:
        if claim.source != self.tables.model.name:
            msg = f"the model is {self.tables.model.name}, not {claim.source!r}"
            raise ClaimError(msg)

    def _assessment(self, claim: Claim) -> Coherence:
        self._by_model(claim)
        if self.coherence is None:
            msg = "the genes were not assessed"
            raise ClaimError(msg)
        return self.coherence

    def _coherence(self, claim: Claim) -> tuple[str, str]:
        found = self._assessment(claim)
        is_partial = claim.object == "partly coherent"
        expected = ("coherent", "partly coherent") if found.pvalue < 0.05 else ("no coherent function",)
        if claim.object not in expected or (is_partial and len(self._core) >= 0.75 * len(self.assessed)):
            return "refuted", f"pvalue is {found.pvalue:.3g}"
        is_equal = abs(found.pvalue - claim.value) <= 0.000501
        return ("supported", "") if is_equal else ("partially supported", f"pvalue is {found.pvalue:.3g}")

    def _size_of_core(self, claim: Claim) -> tuple[str, str]:
        self._assessment(claim)
        n = len(self._core)
        return ("supported", "") if n == claim.value else ("refuted", f"n_genes is {n}")

    def _member(self, claim: Claim, *, fits: bool) -> tuple[str, str]:
        found = self._assessment(claim)
        if claim.subject not in self.assessed:
            msg = f"{claim.subject} is not one of the genes"
            raise ClaimError(msg)
        p = float(found.membership[self.assessed.index(claim.subject)])
        if (p >= 0.5) is not fits:
            return "refuted", f"probability is {p:.3g}"
        return (
            ("supported", "") if abs(p - claim.value) <= 0.00501 else ("partially supported", f"probability is {p:.3g}")
        )

    def _fits(self, claim: Claim) -> tuple[str, str]:
        return self._member(claim, fits=True)

    def _does_not_fit(self, claim: Claim) -> tuple[str, str]:
        return self._member(claim, fits=False)

    def _terms_per_gene(self, claim: Claim) -> tuple[str, str]:
        if claim.source != STUDIED:
            msg = f"there is no source {claim.source!r}"
            raise ClaimError(msg)
        n_terms = dict.fromkeys(self._positions(claim.subject, ""), 0)
        for library in STUDIED.split(" and "):
            sets = GeneSets(library)
            for position, n in zip(
                self.tables.sources.index.positions(sets.genes).tolist(), _n_sets(sets), strict=True
            ):
                if int(position) in n_terms:
                    n_terms[int(position)] += n
        median = float(np.median(list(n_terms.values()))) if n_terms else 0.0
        return ("supported", "") if abs(median - claim.value) < 0.0501 else ("refuted", f"median is {median:g}")

    def _defined_as(self, claim: Claim) -> tuple[str, str]:
        if claim.source == _definitions.CELL_SOURCE:
            return self._defined_cells(claim)
        if claim.source != _definitions.SOURCE:
            msg = f"there is no source {claim.source!r}"
            raise ClaimError(msg)
        stored = _definitions.definition(claim.subject)
        if not stored or stored != claim.object:
            return "refuted", stored or "the term has no definition"
        is_version = claim.version == _definitions.VERSION
        return ("supported", "") if is_version else ("partially supported", f"the version is {_definitions.VERSION!r}")

    def _defined_cells(self, claim: Claim) -> tuple[str, str]:
        """The definition of a cell type, which must be a name of one that the cells are annotated as."""
        stored = next((each for each in _definitions.cell_types().values() if each.title == claim.subject), None)
        if stored is None or stored.definition != claim.object:
            return "refuted", stored.definition if stored else "the cell type has no definition"
        names = set(map(_definitions.plain_name, stored.names))
        table = self.query.annotation
        assigned = [] if table is None else [str(name) for name in table["cell_type"][table["assigned"].astype(bool)]]
        plain = [_definitions.plain_name(name) for name in assigned]
        is_named = any(name in names or f"{name} cell" in names for name in plain)
        if not is_named and not any(stored.id in name for name in assigned):
            return "refuted", f"the cells are annotated as {', '.join(assigned) or 'nothing'}"
        is_version = claim.version == _definitions.CELL_VERSION
        return (
            ("supported", "")
            if is_version
            else ("partially supported", f"the version is {_definitions.CELL_VERSION!r}")
        )


def _n_sets(sets: GeneSets) -> list[int]:
    """Number of sets of each gene."""
    counted = Counter(gene for name in sets for gene in sets[name])
    return [counted[gene] for gene in sets.genes]


def _same_pvalue(claimed: Any, found: float) -> bool:
    """Whether a p-value that was printed with two digits is the one that was found."""
    if claimed < 1e-300 and found < 1e-290:
        return True
    return bool(claimed > 0 and found > 0 and abs(np.log(claimed / found)) < 0.053)
