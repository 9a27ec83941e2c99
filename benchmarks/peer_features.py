"""What scgsfm and its peers offer, read from the installed packages.

python benchmarks/peer_features.py

A cell names the public functions that do it, and each name is looked up in the installed package, with its parameters if any are
given. An empty cell means that no public name matches the pattern of the row. The script stops at the first name that is missing,
and at the first match where a cell is empty. `pip install scanpy decoupler gseapy celltypist pyucell novae pertpy pydeseq2` installs the peers.
"""

from __future__ import annotations

import inspect
import re
import sys
from importlib.metadata import entry_points, version
from pkgutil import resolve_name
from types import ModuleType

import pandas as pd
from _common import parser, report

SHORT = {
    "scgsfm": "sg",
    "scanpy": "sc",
    "decoupler": "dc",
    "gseapy": "gp",
    "celltypist": "celltypist",
    "pyucell": "pyucell",
    "novae": "novae",
    "pertpy": "pt",
}
NAMESPACES = (
    "",
    "tl",
    "pl",
    "pp",
    "mt",
    "op",
    "ds",
    "md",
    "dt",
    "get",
    "datasets",
    "models",
    "queries",
    "experimental.pp",
    "Novae",
)
COMMAND = "shell"
"""Stands for a command in the shell of the package's name."""

FEATURES: dict[str, tuple[str, dict[str, str]]] = {
    "score gene sets in each cell": (
        r"ucell|aucell|ssgsea|score_genes",
        {
            "scgsfm": "tl.score",
            "scanpy": "tl.score_genes",
            "decoupler": "mt.aucell, mt.ulm, mt.decouple",
            "gseapy": "ssgsea, gsva",
            "pyucell": "compute_ucell_scores",
            "pertpy": "tl.Enrichment",
        },
    ),
    "sets with weights and signs": (
        r"viper|waggr|weights?$",
        {"scgsfm": "tl.score", "decoupler": "mt.ulm(net), mt.viper(net)", "pyucell": "compute_ucell_scores(w_neg)"},
    ),
    "complete small sets by a model, scores robust to dropout": (
        r"complet|expand|impute",
        {"scgsfm": "tl.complete_sets, tl.score"},
    ),
    "smooth scores over neighbors": (
        r"smooth|^knn$",
        {"scgsfm": "tl.score(smooth)", "pyucell": "smooth_knn_scores"},
    ),
    "name cell types by markers": (
        r"annotat(e|ion)$|marker_gene_overlap",
        {"scgsfm": "tl.annotate", "scanpy": "tl.marker_gene_overlap", "decoupler": "tl.rankby_group"},
    ),
    "name cell types by a classifier trained on labeled cells": (
        r"^(train|ingest|label_transfer)$",
        {"scanpy": "tl.ingest", "celltypist": "train, annotate(model)"},
    ),
    "enrichment of lists and rankings": (
        r"^(enrichr?|ora|gsea|prerank|hypergeometric)$",
        {
            "scgsfm": "tl.enrich",
            "scanpy": "queries.enrich",
            "decoupler": "mt.ora, mt.gsea",
            "gseapy": "enrich, prerank, gsea",
            "pertpy": "tl.Enrichment",
        },
    ),
    "group redundant terms": (
        r"cluster_terms|enrichment_map|gofilter",
        {"scgsfm": "tl.cluster_terms, pl.enrichment_map", "gseapy": "enrichment_map, gofilter"},
    ),
    "compare conditions with donors as replicates": (
        r"pseudobulk|deseq|edger|^compare$",
        {
            "scgsfm": "tl.compare(sample)",
            "decoupler": "pp.pseudobulk",
            "pertpy": "tl.PyDESeq2, tl.EdgeR, tl.PseudobulkSpace",
        },
    ),
    "effects and distances of perturbations": (
        r"augur|mixscape|^Distance$|milo",
        {"pertpy": "tl.Augur, tl.Mixscape, tl.Distance, tl.Milo"},
    ),
    "compounds that mimic or reverse a signature": (
        r"^drugs?$|connectivity|reversal",
        {"scgsfm": "tl.drugs, tl.drug_scores", "pertpy": "md.Drug, tl.Enrichment"},
    ),
    "functions of genes predicted by a model": (
        r"predict_functions|gene_function",
        {"scgsfm": "tl.predict_functions, tl.gene_page"},
    ),
    "explanations whose claims are checked": (r"^expla(in|nation)", {"scgsfm": "tl.explain"}),
    "phenotypes and diseases of genes, patients": (
        r"phenotype|disease|hpo",
        {"scgsfm": "tl.phenotypes, tl.rank_genes, tl.ask"},
    ),
    "activity of regulatory DNA and variants": (
        r"regulatory|variant|motif",
        {"scgsfm": "tl.regulatory_activity, tl.variant_effect"},
    ),
    "spatial domains": (r"domain|niche", {"novae": "Novae.assign_domains"}),
    "networks of transcription factors and pathways": (
        r"collectri|progeny|^networks?$",
        {"scgsfm": "datasets.network", "decoupler": "op.collectri, op.progeny"},
    ),
    "gene names of any kind, and species": (
        r"resolve|translate|biomart|ortholog",
        {
            "scgsfm": "pp.resolve_genes",
            "scanpy": "queries.biomart_annotations",
            "decoupler": "op.translate",
            "gseapy": "Biomart",
        },
    ),
    "commands in the shell": (r"^$", {"scgsfm": COMMAND, "gseapy": COMMAND, "celltypist": COMMAND}),
}
"""Feature → pattern that no public name of the other packages may match, and the names in those that offer it."""

OTHERWISE = {
    "celltypist": {"annotate"},  # by a trained classifier, in a row of its own
    "decoupler": {"knn"},  # a graph of neighbors in space, no scores
    "novae": {"train", "plot_prototype_weights"},  # the mode of a torch module, the weights of a network
}
"""Names that match a pattern but do something else."""


def names(package: str) -> set[str]:
    """Return the public names in a package's namespaces."""
    found: set[str] = set()
    for place in NAMESPACES:
        try:
            space = resolve_name(f"{package}:{place}") if place else __import__(package)
        except (AttributeError, ImportError):
            continue
        found |= {
            name
            for name in dir(space)
            if name[0] != "_" and (place or not isinstance(getattr(space, name), ModuleType))
        }
    return found


def look_up(package: str, what: str) -> str:
    """Return the name as it is written in code; raise an error if the package doesn't have it."""
    if what == COMMAND:
        scripts = {script.name for script in entry_points(group="console_scripts")}
        if package not in scripts:
            message = f"{package} installs no command"
            raise LookupError(message)
        return f"`{package}`"
    name, _, parameter = what.rstrip(")").partition("(")
    __import__(package)
    thing = resolve_name(f"{package}:{name}")
    if parameter and parameter not in inspect.signature(thing).parameters:
        message = f"{package}.{name} has no parameter {parameter}"
        raise LookupError(message)
    return f"`{SHORT[package]}.{name}`" + (f" (`{parameter}`)" if parameter else "")


def cell(package: str, feature: str, known: set[str]) -> str:
    """Return a cell of the table, checked."""
    pattern, offered = FEATURES[feature]
    if package in offered:
        return ", ".join(look_up(package, what) for what in offered[package].split(", "))
    others = known - OTHERWISE.get(package, set())
    if found := sorted(name for name in others if re.search(pattern, name, re.IGNORECASE)):
        message = f"{feature!r} is empty for {package}, which has {', '.join(found)}"
        raise LookupError(message)
    return ""


def main() -> None:
    args = parser(__doc__, data=False).parse_args()
    known = {package: names(package) for package in SHORT}
    rows, wrong = [], []
    for feature in FEATURES:
        row = {"task": feature}
        for package in SHORT:
            try:
                row[package if package == "scgsfm" else f"{package} {version(package)}"] = cell(
                    package, feature, known[package]
                )
            except (LookupError, AttributeError, ImportError) as error:
                wrong.append(str(error))
        rows.append(row)
    if wrong:
        sys.exit("\n".join(wrong))
    report("peer_features", pd.DataFrame(rows), args.out)


if __name__ == "__main__":
    main()
