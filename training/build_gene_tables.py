"""Build the gene-identifier tables of the package from public sources.

    python training/build_gene_tables.py --data DATA

reads ``DATA/genes`` and ``training/hgnc_previous.tsv.gz`` and writes ``src/scgsfm/data/genes``. The same input gives
identical files. docs/genes.md describes the rules.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from scgsfm.genes._tables import HOW

HERE = Path(__file__).parent
OUT = HERE.parent / "src" / "scgsfm" / "data" / "genes"
RENAMED_SINCE = 2010
"""A previous symbol takes precedence over aliases of other genes if its gene was renamed in this year or later."""
MIN_SUPPORT = 3
"""Minimum number of sources for a pair of orthologs with different symbols."""

OF_MONTH = {"Sep": ["SEPT", "SEP"], "Mar": ["MARCH", "MARC"], "Dec": ["DEC"]}
"""Previous symbols that spreadsheets convert to dates, by month."""

CD_ANTIGEN = re.compile(r"CD\d+[A-Za-z]?")
"""Names that HGNC records from an official nomenclature: synonyms of other sources are ignored for these."""

Names = dict[str, set[str]]
"""Name → the genes (symbols) with this name."""


def read(path: Path) -> pd.DataFrame:
    """A tab-separated table of strings."""
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def read_gene_info(path: Path) -> pd.DataFrame:
    """NCBI gene_info with the symbol of the nomenclature authority if there is one."""
    table = read(path)
    authority = table["Symbol_from_nomenclature_authority"]
    table["approved"] = authority.where(authority != "-", table["Symbol"])
    table["ensembl"] = table["dbXrefs"].str.findall(r"Ensembl:(ENS(?:MUS)?G\d{11})")
    table["synonyms"] = table["Synonyms"].where(table["Synonyms"] != "-", "").str.split("|")
    return table


def number(ensembl: str) -> int:
    """``ENSG00000153563`` → 153563: prefix and length are the same for all genes of a species."""
    return int(ensembl[-11:])


def pairs_of(ids: dict[int, str], rows: dict[str, int]) -> np.ndarray:
    """Two rows of integers, ids and the row of the gene of each, sorted by gene."""
    return np.array(sorted((rows[symbol], id_) for id_, symbol in ids.items()), np.int64).T[::-1]


def write(
    organism: str,
    symbols: list[str],
    named: dict[str, Names],
    ambiguous: set[str],
    ids: dict[str, dict[int, str]],
    **flags: np.ndarray,
) -> None:
    """Write the table of one organism; scgsfm.genes._tables describes its content."""
    rows = {symbol: row for row, symbol in enumerate(symbols)}
    codes = [
        (4 * rows[symbol] + HOW.index(how), name)
        for how in named
        for symbol in named[how]
        for name in named[how][symbol]
    ]
    codes += [(HOW.index("ambiguous"), name) for name in ambiguous]
    codes.sort()
    text = "\n".join([*symbols, *(name for _, name in codes)]).encode()
    np.savez_compressed(
        OUT / f"{organism}.npz",
        names=np.frombuffer(text, np.uint8),
        codes=np.array([4 * row for row in rows.values()] + [code for code, _ in codes], np.int32),
        **{kind: pairs_of(of_kind, rows).astype(np.int32) for kind, of_kind in ids.items()},
        **flags,
    )


def previous_symbols(approved: set[str]) -> tuple[Names, Names, dict[str, str]]:
    """Previous symbols, those of recent renamings, and the approved symbol of genes renamed since the symbol map."""
    table = pd.read_csv(HERE / "hgnc_previous.tsv.gz", sep="\t", dtype=str, keep_default_na=False, comment="#")
    newer = {}
    for symbol, group in table.groupby("symbol"):
        older = approved.intersection(group["previous"])
        if symbol not in approved and len(older) == 1:
            newer[symbol] = older.pop()
    previous, recent = defaultdict(set), defaultdict(set)
    for symbol, name, changed in table.itertuples(index=False):
        gene = newer.get(symbol, symbol)
        if gene in approved and name not in approved:
            previous[name].add(gene)
            if changed and int(changed) >= RENAMED_SINCE:
                recent[name].add(gene)
    return previous, recent, newer


def settle(names: Names, previous: Names, recent: Names) -> tuple[Names, Names, set[str]]:
    """Sort names by gene into previous symbols and aliases; the third part contains names of several genes."""
    by_gene: tuple[Names, Names] = (defaultdict(set), defaultdict(set))
    ambiguous = set()
    for name, genes in names.items():
        if len(recent.get(name, ())) == 1:
            by_gene[0][next(iter(recent[name]))].add(name)
        elif len(genes) == 1:
            by_gene[0 if name in previous else 1][next(iter(genes))].add(name)
        else:
            ambiguous.add(name)
    return *by_gene, ambiguous


def dates(recent: Names) -> Names:
    """Conversions of symbols such as SEPT2 by spreadsheets: ``2-Sep``, ``02-Sep``, ``Sep-02``."""
    found: Names = defaultdict(set)
    for month, words in OF_MONTH.items():
        for day in range(1, 32):
            genes = set().union(*(recent.get(f"{word}{day}", ()) for word in words))
            for form in (f"{day}-{month}", f"{day:02d}-{month}", f"{month}-{day:02d}"):
                if genes:
                    found[form] = found[form.upper()] = genes
    return found


def identifiers(
    gene_info: pd.DataFrame, annotables: pd.DataFrame, approved: set[str], known: dict[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Entrez → symbol and Ensembl → symbol, from NCBI first, then from Ensembl for missing ones."""

    def approve(symbol: str) -> str:
        return symbol if symbol in approved else known.get(symbol, "")

    entrez = {row.GeneID: symbol for row in gene_info.itertuples() if (symbol := approve(row.approved))}
    with_id = set(entrez.values())
    for row in annotables.itertuples():
        if row.entrez and row.entrez not in entrez and (symbol := approve(row.symbol)) and symbol not in with_id:
            entrez[row.entrez] = symbol

    second: Names = defaultdict(set)
    for row in annotables.itertuples():
        if symbol := approve(row.symbol) or entrez.get(row.entrez, ""):
            second[row.ensgene].add(symbol)
    first: Names = defaultdict(set)
    for row in gene_info.itertuples():
        if row.GeneID in entrez:
            for id_ in row.ensembl:
                first[id_].add(entrez[row.GeneID])
    ensembl = {}
    for id_ in first.keys() | second.keys():
        genes = first[id_] or second[id_]
        if len(genes) > 1:
            genes = genes & second[id_]
        if len(genes) == 1:
            ensembl[id_] = next(iter(genes))
    return entrez, ensembl


def other_names(approved: set[str], hgnc: Names, previous: Names, recent: Names, synonyms: Names) -> Names:
    """All names except approved symbols."""
    names: Names = defaultdict(set)
    official = {name for name in hgnc if CD_ANTIGEN.fullmatch(name)} | previous.keys()
    for table in (hgnc, previous, {name: genes for name, genes in synonyms.items() if name not in official}):
        for name, genes in table.items():
            names[name] |= genes
    for name in [*names, *approved]:
        if "orf" in name:  # upper-case gene lists contain C1ORF112 for C1orf112
            names[name.replace("orf", "ORF")] |= names.get(name) or {name}
        elif re.fullmatch(r"\d{1,2}-(MAR|SEP|OCT|NOV|DEC)", name):  # the map is in upper case
            names[name.title()] |= names[name]
    return {
        name: genes
        for name, genes in (names | dates(recent)).items()
        # numbers and numeric dates ("9/2") are ambiguous
        if name and name not in approved and not re.fullmatch(r"[\d/. -]+", name)
    }


def human(data: Path) -> tuple[dict[str, str], dict[str, str], list[str]]:
    """Write the human table; returns Entrez → symbol, name → symbol, and the symbols in order."""
    symbol_map = read(data / "hgnc_helper_symbol_map.tsv.gz")
    annotables = read(data / "annotables_grch38_ensembl_entrez_symbol.tsv.gz")
    gene_info = read_gene_info(data / "Homo_sapiens.gene_info.gz")
    # the rest are loci and predictions, some with the symbol of a gene
    gene_info = gene_info[gene_info["dbXrefs"].str.contains("HGNC:")]
    approved = set(symbol_map["Approved.Symbol"])
    previous, recent, newer = previous_symbols(approved)

    hgnc: Names = defaultdict(set)
    for name, symbol in symbol_map[["Symbol", "Approved.Symbol"]].itertuples(index=False):
        hgnc[name].add(symbol)
    for name, symbol in newer.items():
        hgnc[name].add(symbol)
    known = {name: next(iter(genes)) for name, genes in {**hgnc, **previous, **recent}.items() if len(genes) == 1}
    entrez, ensembl = identifiers(gene_info, annotables, approved, known)

    coding_rows = annotables[(annotables["biotype"] == "protein_coding") & (annotables["symbol"] != "")]
    synonyms: Names = defaultdict(set)
    for row in gene_info.itertuples():
        for name in {row.Symbol, row.approved, *row.synonyms} if row.GeneID in entrez else ():
            synonyms[name].add(entrez[row.GeneID])
    for row in coding_rows.itertuples():
        if row.entrez in entrez:
            synonyms[row.symbol].add(entrez[row.entrez])
    names = other_names(approved, hgnc, previous, recent, synonyms)
    previous_of, aliases_of, ambiguous = settle(names, previous, recent)

    coding = set(coding_rows["ensgene"].map(ensembl).dropna())
    coding -= set(gene_info.loc[gene_info["type_of_gene"] != "protein-coding", "GeneID"].map(entrez).dropna())
    coding |= set(gene_info.loc[gene_info["type_of_gene"] == "protein-coding", "GeneID"].map(entrez).dropna())
    symbols = sorted(approved)
    write(
        "human",
        symbols,
        {"previous": previous_of, "alias": aliases_of},
        ambiguous,
        {
            "entrez": {int(id_): symbol for id_, symbol in entrez.items()},
            "ensembl": {number(id_): symbol for id_, symbol in ensembl.items()},
        },
        coding=np.array([symbol in coding for symbol in symbols]),
    )
    return entrez, known | {symbol: symbol for symbol in approved}, symbols


def orthologs(data: Path, entrez: dict[str, str], known: dict[str, str]) -> dict[str, str]:
    """Mouse Entrez → human symbol: pairs in which each gene is the best-supported partner of the other.

    Support is ranked by the number of sources, then the same name, then MGI, then HomoloGene. A gene with a tie has no
    partner.
    """
    pairs = read(data / "babelgene_mouse_human_orthologs.tsv.gz")
    pairs = pairs[pairs["entrez"] != ""]
    mgi = set(read(data / "mgi_mouse_human_symbol_pairs.tsv.gz").itertuples(index=False, name=None))
    groups: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"9606": set(), "10090": set()})
    for row in read(data / "homologene2_human_mouse.tsv.gz").itertuples(index=False):
        groups[row.HID][row.Taxonomy].add(row[3])
    homologene = {(h, m) for group in groups.values() for h in group["9606"] for m in group["10090"]}

    scored = []
    for row in pairs.itertuples(index=False):
        symbol = entrez.get(row.human_entrez) or known.get(row.human_symbol)
        same = row.symbol.upper() == row.human_symbol.upper()
        if symbol and (same or float(row.support_n) >= MIN_SUPPORT):
            evidence = (
                float(row.support_n),
                same,
                (row.human_symbol, row.symbol) in mgi,
                (row.human_entrez, row.entrez) in homologene,
            )
            scored.append((evidence, row.entrez, symbol))
    best: dict[str, tuple] = {}
    for evidence, *genes in scored:
        for gene in genes:
            best[gene] = max(best.get(gene, ()), evidence)
    partners: Names = defaultdict(set)
    for evidence, *genes in scored:
        for gene, other in (genes, reversed(genes)):
            if evidence == best[gene]:
                partners[gene].add(other)
    return {mouse: symbol for _, mouse, symbol in scored if partners[mouse] == {symbol} and partners[symbol] == {mouse}}


def mouse(data: Path, to_human: dict[str, str], human_symbols: list[str], previous: Names) -> None:
    """Write the mouse table: genes of MGI with an Ensembl id, an ortholog, or a protein."""
    gene_info = read_gene_info(data / "Mus_musculus.gene_info.gz")
    gene_info = gene_info[gene_info["dbXrefs"].str.contains("MGI:")]
    more_ensembl: Names = defaultdict(set)
    for row in read(data / "babelgene_mouse_human_orthologs.tsv.gz").itertuples(index=False):
        if row.ensembl and row.entrez:
            more_ensembl[row.entrez].add(row.ensembl)
    wanted = (
        gene_info["ensembl"].str.len().gt(0)
        | gene_info["GeneID"].isin(list(to_human))
        | gene_info["type_of_gene"].eq("protein-coding")
    )
    gene_info = gene_info[wanted].drop_duplicates("approved").sort_values("approved")

    current = set(gene_info["approved"])
    names, renamed, claims = defaultdict(set), defaultdict(set), defaultdict(set)
    for row in gene_info.itertuples():
        for name in {row.Symbol, *row.synonyms} - current:
            if name and not name.isdigit():
                names[name].add(row.approved)
                # mouse genes are renamed together with their human orthologs
                if to_human.get(row.GeneID) in previous.get(name.upper(), ()):
                    renamed[name].add(row.approved)
        for id_ in row.ensembl or more_ensembl[row.GeneID]:
            claims[number(id_)].add(row.approved)
    previous_of, aliases_of, ambiguous = settle(names, renamed, renamed)
    human_rows = {symbol: row for row, symbol in enumerate(human_symbols)}
    write(
        "mouse",
        gene_info["approved"].tolist(),
        {"previous": previous_of, "alias": aliases_of},
        ambiguous,
        {
            "entrez": {int(row.GeneID): row.approved for row in gene_info.itertuples()},
            "ensembl": {id_: next(iter(genes)) for id_, genes in claims.items() if len(genes) == 1},
        },
        coding=gene_info["type_of_gene"].eq("protein-coding").to_numpy(),
        ortholog=np.array([human_rows.get(to_human.get(id_), -1) for id_ in gene_info["GeneID"]], np.int32),
    )


SOURCES = {
    "HGNC symbol map": {
        "version": "2022-04",
        "licence": "CC0",
        "url": "https://www.genenames.org",
        "use": "approved human symbols, previous symbols and aliases",
    },
    "HGNC complete set": {
        "version": "2024-10-18",
        "licence": "CC0",
        "url": "https://www.genenames.org/download/",
        "use": "which names are previous symbols, and when the gene was renamed",
    },
    "NCBI Gene": {
        "version": "2020-09",
        "licence": "public domain",
        "url": "https://www.ncbi.nlm.nih.gov/gene",
        "use": "human and mouse: Entrez and Ensembl ids, synonyms, biotypes, mouse symbols",
    },
    "Ensembl": {
        "version": "2023-02",
        "licence": "no restrictions (Ensembl data)",
        "url": "https://www.ensembl.org",
        "use": "GRCh38: Ensembl ids and newer symbols that NCBI Gene 2020-09 lacks",
    },
    "HCOP": {
        "version": "babelgene",
        "licence": "free to use (HGNC); collection MIT",
        "url": "https://www.genenames.org/tools/hcop/",
        "use": "mouse-human orthologs with the number of supporting sources",
    },
    "MGI": {
        "version": "babelgene",
        "licence": "CC BY 4.0",
        "url": "https://www.informatics.jax.org",
        "use": "ties among orthologs",
    },
    "HomoloGene": {
        "version": "homologene2",
        "licence": "public domain; collection MIT",
        "url": "https://github.com/oganm/homologene",
        "use": "ties among orthologs",
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"), help="default: $SCGSFM_DATA")
    data = parser.parse_args().data
    if data is None:
        parser.error("name the data folder by --data or SCGSFM_DATA")
    OUT.mkdir(parents=True, exist_ok=True)
    entrez, known, symbols = human(Path(data) / "genes")
    to_human = orthologs(Path(data) / "genes", entrez, known)
    mouse(Path(data) / "genes", to_human, symbols, previous_symbols(set(symbols))[1])
    (OUT / "sources.json").write_text(json.dumps(SOURCES, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
