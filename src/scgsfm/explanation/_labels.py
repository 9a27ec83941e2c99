"""Names of terms and libraries in texts."""

from __future__ import annotations

from scgsfm.phenotypes import load_annotations

TITLES = {
    "go_bp": "GO biological process",
    "go_cc": "GO cellular component",
    "go_mf": "GO molecular function",
    "reactome": "Reactome",
    "hallmark": "Hallmark",
    "cell_types": "MSigDB C8",
}
"""Libraries with another name in texts."""


def label(term: str) -> str:
    """The name of a term without the prefix of its library and underscores; identifiers remain."""
    if " " in term or "_" not in term:
        return term
    prefix, _, rest = term.partition("_")
    return rest.replace("_", " ").lower() if prefix in {"HALLMARK", "REACTOME", "GOBP", "GOCC", "GOMF"} else term


def title(library: str) -> str:
    """The name of a library."""
    return TITLES.get(library, library)


def term_label(term: str) -> str:
    """The name of a term as in texts; of phenotypes and diseases from their id."""
    if term.startswith("HP:"):
        ontology = load_annotations().ontology
        return ontology.label(ontology.term(term))
    if term.startswith(("OMIM:", "ORPHA:", "DECIPHER:")):
        hpo = load_annotations()
        row = hpo.disease_ids.index(term) if term in hpo.disease_ids else -1
        return (hpo.disease_names[row] if row >= 0 else "") or term
    return label(term)
