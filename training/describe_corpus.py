"""Describe the training corpus: its groups, licenses and sources, as tables for the documentation.

    python training/describe_corpus.py --data DATA

``DATA/genesets/train/SOURCES.tsv`` lists for each file of the corpus the number of sets, their license as stated by
the source, and repository, path and commit. Writes ``docs/_corpus.md`` (included by ``docs/data.md``) and
``training/corpus_sources.tsv`` (one line per file).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from string import ascii_uppercase

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]

GROUPS = {
    "PPI_complex": "protein complexes",
    "PPI_neighbours": "interaction partners of a protein",
    "TF_networks": "curated targets of transcription factors",
    "aracne_tissue_TF": "regulons inferred from GTEx tissues",
    "celltype_markers": "markers of cell types",
    "chemical": "genes bound or changed by chemicals",
    "chromatin_ChIP": "targets by ChIP-seq",
    "coexpression": "co-expressed genes",
    "coexpression_tissue_TF": "genes co-expressed with a transcription factor, by tissue",
    "computational_modules": "modules computed from expression",
    "expression_atlas": "genes of tissues and cell lines",
    "functional_modules": "functional modules of networks",
    "immunologic": "signatures of immune cells",
    "literature": "genes mentioned together in the literature",
    "perturb_GEO": "changed genes of perturbations in GEO",
    "perturb_LINCS_CMap": "changed genes of LINCS and CMap",
    "perturb_curated": "changed genes of curated perturbations",
    "predicted_targets": "predicted targets of kinases, factors and microRNAs",
    "published_figures": "genes of published pathway figures",
    "published_signatures": "published signatures",
    "user_lists": "lists submitted by users of enrichment tools",
}


def markdown(table: pd.DataFrame) -> str:
    """A table without its index."""
    rows = [list(table.columns), ["---"] * table.shape[1], *table.astype(str).to_numpy().tolist()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def describe(sources: pd.DataFrame) -> str:
    """Two tables: groups with the letters of their licenses, and licenses with their repositories."""
    by_licence = sources.groupby("licence")
    order = by_licence["n_sets"].sum().sort_values(ascending=False).index
    letters = dict(zip(order, [*ascii_uppercase, *(f"A{letter}" for letter in ascii_uppercase)], strict=False))

    groups = []
    for group, part in sources.groupby(sources["file"].str.split("/").str[0]):
        shares = part.groupby("licence")["n_sets"].sum()
        terms = ", ".join(f"{letters[name]} {shares[name]:,}" for name in order if name in shares)
        groups.append((group, GROUPS[group], len(part), f"{part['n_sets'].sum():,}", terms))

    licences = []
    for name in order:
        part = by_licence.get_group(name)
        repositories = ", ".join(f"`{repository}`" for repository in sorted(part["repository"].unique()))
        licences.append((letters[name], name, f"{part['n_sets'].sum():,}", repositories))

    return "\n\n".join(
        (
            f"{sources['n_sets'].sum():,} sets in {len(sources)} files.",
            markdown(pd.DataFrame(groups, columns=["group", "content", "files", "sets", "license and sets"])),
            markdown(pd.DataFrame(licences, columns=["", "license as stated by the source", "sets", "repositories"])),
        )
    )


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"), help="data directory")
    data = parser.parse_args().data
    if data is None:
        parser.error("name the data folder: --data, or the environment variable SCGSFM_DATA")
    sources = pd.read_csv(data / "genesets/train/SOURCES.tsv", sep="\t")
    head = "<!-- written by training/describe_corpus.py -->\n\n"
    (ROOT / "docs/_corpus.md").write_text(head + describe(sources) + "\n", encoding="utf-8")
    sources.to_csv(ROOT / "training/corpus_sources.tsv", sep="\t", index=False)


if __name__ == "__main__":
    main()
