"""Write facts as sentences, each with its claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scgsfm._messages import number
from scgsfm.phenotypes import load_annotations

from . import _definitions
from ._claims import COMPARISON, CORE, DISEASES, GENES, MOTIFS, Claim, Sentence
from ._evidence import REFERENCE
from ._facts import FEW_TERMS, PHENOTYPES
from ._labels import title

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._facts import Facts, Hit

RANKING = "ranking of genes"
N_NAMED = 5
"""Number of genes that are named in a sentence."""


def write(facts: Facts, versions: Mapping[str, str]) -> list[Sentence]:
    """Sentences about facts, which contain no name of a group.

    Parameters
    ----------
    facts
        What was retrieved.
    versions
        Version of each library.
    """
    sentences = [
        *_given(facts, versions),
        *_coherence(facts),
        *_functions(facts, versions),
        *_markers(facts),
        *_cells(facts, versions),
        *_phenotypes(facts),
        *_compared(facts, versions),
        *_motifs(facts, versions),
        *_predicted(facts),
        *_against(facts, versions),
    ]
    order = (
        "subject",
        "abstention",
        "function",
        "genes",
        "definition",
        "also",
        "cells",
        "phenotypes",
        "comparison",
        "motifs",
        "predicted",
        "confidence",
    )
    rank = {role: i for i, role in enumerate([*order, "against"])}
    return sorted(sentences, key=lambda sentence: rank[sentence.role])


def _given(facts: Facts, versions: Mapping[str, str]) -> Iterator[Sentence]:
    """What is known about the gene or term itself."""
    if facts.kind == "cells" and not facts.n_genes:
        claim = Claim(GENES, "significant markers", "", 0, "ranking of genes")
        yield Sentence(
            "abstention", "No gene is significantly higher in these cells, so they are not explained.", (claim,)
        )
    if facts.own_terms:
        shown = ", ".join(f"{label} ({title(library)})" for library, _, label in facts.own_terms)
        claims = [
            Claim(facts.given, "annotated to", term, source=library, version=versions[library])
            for library, term, _ in facts.own_terms
        ]
        yield Sentence("subject", f"{facts.given} is annotated to {shown}.", tuple(claims))
    if facts.partners:
        shown = ", ".join(f"{gene} (z = {z:.1f})" for gene, z in facts.partners)
        claims = [Claim(g, "associated with", facts.given, float(f"{z:.1f}"), facts.model) for g, z in facts.partners]
        yield Sentence("subject", f"{facts.model} associates it most with {shown}.", tuple(claims))
    term, text = facts.own_definition
    if text:
        source = float("nan"), _definitions.SOURCE, _definitions.VERSION
        sentence = f"The Gene Ontology defines it as: “{text}” ({_definitions.LICENSE})"
        yield Sentence("subject", sentence, (Claim(term, "defined as", text, *source),))


def _who(facts: Facts, subject: str | None = None) -> str:
    """The genes, as the subject of a sentence."""
    names = {"cells": "marker genes", "partners": "associated genes", "term": "genes of the term"}
    core = "core " if (subject or facts.subject) == CORE else ""
    return f"The {core}{names.get(facts.kind, 'genes')}"


def _coherence(facts: Facts) -> Iterator[Sentence]:
    coherence = facts.coherence
    if coherence is None:
        return
    p = round(coherence.pvalue, 3)
    name = state(facts)
    claim = Claim(GENES, "coherence", name, p, facts.model)
    among = f"among {number(facts.n_assessed, 'gene')} that {facts.model} knows"
    if name == "no coherent function":
        text = f"No coherent function: the genes fit each other no better than random genes (p = {p:.3f}, {among})."
        yield Sentence("abstention", text, (claim,))
    elif name == "partly coherent":
        size = Claim(GENES, "size of core", CORE, len(facts.core), facts.model)
        shown = _listed(facts.core, len(facts.core))
        fits = zip(facts.core[:N_NAMED], facts.core_fit, strict=False)
        named = [Claim(gene, "fits", GENES, round(fit, 2), facts.model) for gene, fit in fits]
        text = f"{_who(facts, GENES)} are partly coherent (p = {p:.3f}, {among}): a core of {len(facts.core)} genes, "
        text += f"{shown}, fits together."
        yield Sentence("confidence", text, (claim, size, *named))
    else:
        text = f"{_who(facts)} are coherent: they fit each other better than random genes do (p = {p:.3f}, {among})."
        yield Sentence("confidence", text, (claim,))


def state(facts: Facts) -> str:
    """Whether the genes are coherent, as the object of a claim."""
    if facts.coherence is None:
        return "not assessed"
    if not facts.coherence.is_coherent:
        return "no coherent function"
    return "partly coherent" if facts.core else "coherent"


def _hit_claims(hit: Hit, subject: str, version: str) -> list[Claim]:
    return [
        Claim(subject, "enriched for", hit.term, float(f"{hit.padj:.1e}"), hit.library, version),
        Claim(subject, "shares genes with", hit.term, float(hit.n_hits), hit.library, version),
    ]


def _gene_claims(hit: Hit, version: str) -> list[Claim]:
    return [Claim(gene, "annotated to", hit.term, source=hit.library, version=version) for gene in hit.genes[:N_NAMED]]


def _counted(hit: Hit) -> str:
    return f"{hit.n_hits} of {hit.n_query} genes, adjusted p = {hit.padj:.1e}"


def _functions(facts: Facts, versions: Mapping[str, str]) -> Iterator[Sentence]:
    who = _who(facts)
    if not facts.functions:
        if facts.n_genes:
            text = f"{who} are not enriched for any term of the libraries."
            yield Sentence("function", text, (Claim(facts.subject, "enriched terms", "", 0, "libraries"),))
        return
    unsure = state(facts) == "no coherent function"
    first, *others = facts.functions
    source, version = title(first.library), versions[first.library]
    verb = "overlap, without being coherent, with" if unsure else "point to"
    text = f"{who} {verb} {first.label} ({source}; {_counted(first)})."
    yield Sentence("also" if unsure else "function", text, tuple(_hit_claims(first, facts.subject, version)))
    text = f"This rests on {_listed(first.genes, first.n_hits)}."
    yield Sentence("also" if unsure else "genes", text, tuple(_gene_claims(first, version)))
    if facts.definition and not unsure:
        text = f"The Gene Ontology defines it as: “{facts.definition}” ({_definitions.LICENSE})"
        about = (first.term, "defined as", facts.definition)
        yield Sentence("definition", text, (Claim(*about, float("nan"), _definitions.SOURCE, _definitions.VERSION),))
    if facts.rivals:
        named = " and ".join(f"{hit.label} ({title(hit.library)}; {_counted(hit)})" for hit in facts.rivals)
        claims = [claim for hit in facts.rivals for claim in _hit_claims(hit, facts.subject, versions[hit.library])]
        yield Sentence("also", f"Mostly the same genes are enriched for {named}.", tuple(claims))
    for hit in others:
        source, shown = title(hit.library), ", ".join(hit.genes[:3])
        text = f"{who} are also enriched for {hit.label} ({source}; {_counted(hit)}), such as {shown}."
        claims = [
            *_hit_claims(hit, facts.subject, versions[hit.library]),
            *_gene_claims(hit, versions[hit.library])[:3],
        ]
        yield Sentence("also", text, tuple(claims))


def _markers(facts: Facts) -> Iterator[Sentence]:
    if facts.markers:
        shown = ", ".join(f"{gene} ({change:.1f})" for gene, change in facts.markers)
        claims = [
            Claim(g, "higher in these cells", "", float(f"{c:.1f}"), "ranking of genes") for g, c in facts.markers
        ]
        yield Sentence("genes", f"Higher in these cells (log2 fold change): {shown}.", tuple(claims))


def _cells(facts: Facts, versions: Mapping[str, str]) -> Iterator[Sentence]:
    if facts.annotation:
        cell_type, probability = facts.annotation
        claim = Claim(GENES, "annotated as", cell_type, float(f"{probability:.2f}"), "annotation")
        yield Sentence("cells", f"By marker sets, the cells are {cell_type} (probability {probability:.2f}).", (claim,))
    if facts.cell_type:
        found = facts.cell_type
        source = float("nan"), _definitions.CELL_SOURCE, _definitions.CELL_VERSION
        text = f"The Cell Ontology defines {found.title} as: “{found.definition}” ({_definitions.CELL_LICENSE})"
        yield Sentence("cells", text, (Claim(found.title, "defined as", found.definition, *source),))
    for hit in facts.cell_types:
        text = f"The most similar cell-type signature is {hit.label} ({title(hit.library)}; {_counted(hit)})."
        yield Sentence("cells", text, tuple(_hit_claims(hit, facts.subject, versions[hit.library])))


def _phenotypes(facts: Facts) -> Iterator[Sentence]:
    for hit in facts.phenotypes:
        version = _hpo_version(hit)
        n = f"{hit.n_hits} of {hit.n_query} annotated genes, adjusted p = {hit.padj:.1e}"
        named, others = ", ".join(hit.genes[:3]), " and others" if hit.n_hits > 3 else ""
        what = "the disease " if hit.library == DISEASES else ""
        text = f"Variants in {named}{others} are associated with {what}{hit.label} ({n})."
        claims = [*_hit_claims(hit, facts.subject, version), *_gene_claims(hit, version)[:3]]
        yield Sentence("phenotypes", text, tuple(claims))


def _hpo_version(hit: Hit) -> str:
    """Version of the annotations of a phenotype, or sources of the genes of a disease."""
    hpo = load_annotations()
    if hit.library == PHENOTYPES:
        return hpo.source_label("hpo_annotations").removeprefix(PHENOTYPES).strip()
    kinds = hpo.links[hpo.links[:, 1] == hpo.disease_ids.index(hit.term), 2]
    return "; ".join(dict.fromkeys(hpo.source_label(hpo.kinds[kind][0]) for kind in kinds))


def _compared(facts: Facts, versions: Mapping[str, str]) -> Iterator[Sentence]:
    """Differences between conditions, which are called by letters."""
    source = COMPARISON, versions.get(COMPARISON, "")
    for found in facts.evidence.compared:
        between = f"between {found.condition} and {REFERENCE} in these cells"
        n = f"{found.n_different} of {number(found.n_tested, 'set')}"
        counts = [
            Claim(GENES, "sets that differ", found.condition, found.n_different, *source),
            Claim(GENES, "sets compared", found.condition, found.n_tested, *source),
        ]
        verb = "differs" if found.n_different == 1 else "differ"
        yield Sentence("comparison", f"{n} {verb} {between}.", tuple(counts))
        for each in found.first:
            word = "higher" if each.effect > 0 else "lower"
            size = f"{abs(each.effect):.2f} standard deviations, adjusted p = {each.padj:.1e}"
            text = f"In {each.condition}, {each.label} is {word} than in {REFERENCE} ({size})."
            about = each.set, f"{word} in condition", each.condition
            claims = (
                Claim(*about, float(f"{each.effect:.2f}"), *source),
                Claim(each.set, "differs in condition", each.condition, float(f"{each.padj:.1e}"), *source),
            )
            yield Sentence("comparison", text, claims)


def _motifs(facts: Facts, versions: Mapping[str, str]) -> Iterator[Sentence]:
    """Motifs of accessible peaks, and their factors among the markers."""
    source = MOTIFS, versions.get(MOTIFS, "")
    for hit in facts.evidence.motifs:
        who = (
            f"Motifs of the family {hit.motif} ({hit.name}) are"
            if hit.is_family
            else f"The motif of {hit.name} ({hit.motif}) is"
        )
        text = f"{who} enriched in the peaks that are accessible in these cells (z = {hit.z:.1f}, adjusted p = {hit.padj:.1e})."
        claims = (
            Claim(hit.motif, "enriched in peaks of these cells", "", float(f"{hit.z:.1f}"), *source),
            Claim(hit.motif, "significant in peaks of these cells", "", float(f"{hit.padj:.1e}"), *source),
        )
        yield Sentence("motifs", text, claims)
        if hit.factors:
            shown = ", ".join(f"{gene} ({change:.1f})" for gene, change in hit.factors)
            factors = [Claim(gene, "factor of", hit.motif, float("nan"), *source) for gene, _ in hit.factors]
            higher = [Claim(g, "higher in these cells", "", float(f"{c:.1f}"), RANKING) for g, c in hit.factors]
            text = f"Of the factors that bind it, these are higher in these cells (log2 fold change): {shown}."
            yield Sentence("motifs", text, (*factors, *higher))


def _predicted(facts: Facts) -> Iterator[Sentence]:
    if facts.predicted:
        shown = ", ".join(f"{gene} (z = {z:.1f})" for gene, z in facts.predicted)
        claims = [
            Claim(g, "predicted to join", facts.subject, float(f"{z:.1f}"), facts.model) for g, z in facts.predicted
        ]
        yield Sentence(
            "predicted", f"{facts.model} predicts that these genes belong with them: {shown}.", tuple(claims)
        )


def _against(facts: Facts, versions: Mapping[str, str]) -> Iterator[Sentence]:
    if facts.misfits:
        shown = facts.misfits[:10]
        listed = ", ".join(f"{gene} ({p:.2f})" for gene, p in shown)
        claims = [Claim(g, "does not fit", GENES, float(f"{p:.2f}"), facts.model) for g, p in shown]
        text = f"These genes do not fit the others (probability): {listed}."
        yield Sentence("against", text, tuple(claims))
    if facts.lower and facts.functions:
        hit = facts.functions[0]
        claim = Claim(hit.term, "genes lower in these cells", "", facts.lower, hit.library, versions[hit.library])
        verb = "is" if facts.lower == 1 else "are"
        text = f"Evidence against {hit.label}: {facts.lower} of its genes {verb} lower in these cells."
        yield Sentence("against", text, (claim,))
    if facts.n_genes and facts.n_terms_per_gene < FEW_TERMS:
        median = float(f"{facts.n_terms_per_gene:.1f}")
        text = f"{_who(facts)} are little studied (a median of {median:g} terms of GO and Reactome per gene), so a lack of terms says little."
        yield Sentence("against", text, (Claim(facts.subject, "terms per gene", "", median, "go_bp and reactome"),))


def _listed(genes: list[str], n: int) -> str:
    named = genes[:N_NAMED]
    rest = n - len(named)
    return ", ".join(named) + (f" and {rest} more" if rest > 0 else "")
