"""The registry of commands."""

from __future__ import annotations

COMMANDS: dict[str, dict[str, str]] = {
    "Start": {
        "demo": "show what the model adds, on bundled cells with few counts",
        "explore": "open a local page to explore cells, gene sets and genes",
    },
    "Cells": {
        "score": "score cells by gene sets",
        "annotate": "assign cell types by marker sets",
        "compare": "compare scores between conditions, with samples as replicates",
        "embed": "compute vectors of cells, genes or gene sets",
    },
    "Genes and gene sets": {
        "resolve": "find the approved symbols of gene names",
        "enrich": "test genes, a ranking or groups of cells for enriched terms",
        "drugs": "find compounds whose signatures mimic or reverse genes or groups of cells",
        "complete": "predict further genes of a gene set",
        "predict": "predict the terms of genes, or the genes of terms",
        "explain": "explain groups of cells, genes or a term in a text with checked claims",
        "gene-page": "show a gene with its known and predicted terms in several libraries",
    },
    "Phenotypes and regulatory DNA": {
        "phenotypes": "look up and predict phenotypes of a gene, or prioritize genes by phenotypes",
        "rank-genes": "rank genes by how well they explain the phenotypes of one or many patients",
        "ask": "answer a question about genes, phenotypes and diseases from annotations",
        "regulatory": "predict and explain the activity of peaks, sequences or variants",
        "design": "edit sequences so that their activity rises in one cell type",
    },
    "What there is": {
        "libraries": "list the embedded gene-set libraries",
        "methods": "list the scoring methods, or the parameters of one",
        "models": "list the available models",
        "download": "download a model into the cache directory",
        "update": "build an index of phenotypes from newer releases, or of signatures of compounds",
        "skill": "copy the description of scgsfm for coding agents",
    },
    "Training": {
        "train": "train a model",
    },
}
"""Commands with their summaries, by topic. To add one, add a line here and a module named after it.

The module of ``rank-genes`` is ``_rank_genes``. It has ``EXAMPLES``, ``add_arguments(parser)`` and ``run(args)``, and
imports pandas, anndata and the like inside ``run``, so that help stays fast.
"""

FORMER_NAMES = {"relation": "phenotypes"}
"""Former names of commands, which still work."""

SUMMARIES = {name: summary for topic in COMMANDS.values() for name, summary in topic.items()}
"""All commands with their summaries."""


def module_of(command: str) -> str:
    """The name of the module of a command."""
    return f"{__package__}._{command.replace('-', '_')}"
