"""Build the gene-identifier tables of the package from public sources.

    python training/build_gene_tables.py --data DATA

reads ``DATA/genes`` and ``training/hgnc_previous.tsv.gz`` and writes ``src/scgsfm/data/genes``. The same input gives
the same bytes. docs/genes.md states the rules.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm.genes._tables import HOW, ORTHOLOGY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HERE = Path(__file__).parent
OUT = HERE.parent / "src" / "scgsfm" / "data" / "genes"
RENAMED_SINCE = 2010
"""A previous symbol takes precedence over aliases of other genes if its gene was renamed in this year or later."""
MIN_SUPPORT = 3
"""Sources that must list a pair of orthologs whose symbols differ."""
MIN_SUPPORT_SAME_NAME = 2
"""Sources that must list a pair of orthologs with the same symbol."""

CD_ANTIGEN = re.compile(r"CD\d+[A-Za-z]?")
"""Names that HGNC records from an official nomenclature: synonyms of other sources are ignored for these."""
NOT_A_NAME = re.compile(r"[\d/. -]*")
"""Numbers and numeric dates ("9/2") could mean anything."""

SPECIES = {
    # name: (name in HCOP, name in Ensembl's files, one-to-one orthologs)
    "rat": ("Rattus norvegicus", "rattus_norvegicus", True),
    "zebrafish": ("Danio rerio", "danio_rerio", False),  # teleosts have two copies of many genes
    "macaque": ("Macaca mulatta", "macaca_mulatta", True),
    "cynomolgus": ("", "macaca_fascicularis", True),
    "chimpanzee": ("Pan troglodytes", "pan_troglodytes", True),
    "gorilla": ("", "gorilla_gorilla", True),
    "marmoset": ("", "callithrix_jacchus", True),
    "mouse_lemur": ("", "microcebus_murinus", True),
    "rabbit": ("", "oryctolagus_cuniculus", True),
    "pig": ("Sus scrofa", "sus_scrofa", True),
    "cow": ("Bos taurus", "", True),
    "dog": ("Canis lupus familiaris", "", True),
    "cat": ("Felis catus", "", True),
    "horse": ("Equus caballus", "", True),
    "chicken": ("Gallus gallus", "", True),
    "frog": ("Xenopus tropicalis", "", True),
    "fly": ("Drosophila melanogaster", "", False),  # vertebrates have several copies of many of its genes
}

Names = dict[str, set[str]]
"""Name → the genes (symbols) with this name."""


def read(path: Path) -> pd.DataFrame:
    """A tab-separated table of strings."""
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def read_hgnc(data: Path) -> pd.DataFrame:
    """The approved genes of HGNC, with lists of names and ids."""
    table = read(data / "hgnc_2024-02_to_2025.tsv.gz")
    table = table[table["status"].str.startswith("Approved")].drop_duplicates("symbol").copy()
    for column in ("alias_symbols", "prev_symbols", "mgi_id", "rat_symbol"):
        table[column] = [[item for item in cell.split("|") if item] for cell in table[column]]
    return table.sort_values("symbol")


def read_gene_info(path: Path) -> pd.DataFrame:
    """NCBI gene_info with the nomenclature authority's symbol if there is one."""
    table = read(path)
    authority = table["Symbol_from_nomenclature_authority"]
    table["approved"] = authority.where(authority != "-", table["Symbol"])
    table["ensembl"] = table["dbXrefs"].str.findall(r"Ensembl:(ENS(?:MUS)?G\d{11})")
    table["authority_id"] = table["dbXrefs"].str.extract(r"((?:HGNC|MGI):\d+)", expand=False).fillna("")
    table["synonyms"] = table["Synonyms"].where(table["Synonyms"] != "-", "").str.split("|")
    return table


def read_ensembl(data: Path, species: str) -> pd.DataFrame:
    """The genes of a species in Ensembl 114: id, symbol (or ``""``) and biotype."""
    path = data / f"ensembl114_{species}.tsv.gz"
    if path.exists():
        table = read(path)
    else:
        table = read(data / "ensembl114_other_species_protein_coding.tsv.gz")
        table = table[table["species"] == species]
    return table.assign(symbol=table["symbol"].where(table["symbol"] != table["ensembl_id"], ""))


def number(ensembl: str) -> int:
    """``ENSG00000153563`` → 153563: prefix and length are the same for all genes of a species."""
    return int(ensembl[-11:])


def flybase_number(id_: str) -> int:
    """``FBgn0267488`` → 267488."""
    return int(id_[4:])


def unique(names: Mapping[str, set[str]]) -> dict[str, str]:
    """The names that one gene has, with that gene."""
    return {name: next(iter(genes)) for name, genes in names.items() if len(genes) == 1}


def pairs_of(ids: Mapping[int, str], rows: dict[str, int]) -> np.ndarray:
    """Two rows of integers: ids, and the row of the gene of each; by gene."""
    pairs = sorted((rows[symbol], id_) for id_, symbol in ids.items())
    return np.array(pairs, np.int64).reshape(-1, 2).T[::-1]


@dataclass
class Genes:
    """The genes of one species: symbols, other names, ids, and which are coding."""

    symbols: list[str]
    names: Names
    """All names but the symbols."""
    previous: Names = field(default_factory=dict)
    """Previous symbols."""
    recent: Names = field(default_factory=dict)
    """Previous symbols that outrank aliases."""
    ids: dict[str, dict[int, str]] = field(default_factory=dict)
    """Kind of id → id → symbol."""
    coding: set[str] = field(default_factory=set)
    pseudogenes: set[str] = field(default_factory=set)

    def settle(self) -> tuple[list[tuple[int, str]], list[str]]:
        """The code of each name, and the names that stay ambiguous.

        An approved symbol comes first, by any letter case, then a recent previous symbol, then the only gene with this
        name, then the only coding gene if all others are pseudogenes.
        """
        rows = {symbol: row for row, symbol in enumerate(self.symbols)}
        recent, approved = (folded(names) for names in (self.recent, {symbol: {symbol} for symbol in self.symbols}))
        settled, ambiguous = [], []
        for name, bearers in self.names.items():
            genes, key, how = bearers, name.upper(), "previous" if name in self.previous else "alias"
            if len(approved.get(key, ())) == 1:
                genes, how = approved[key], "alias"
            elif len(recent.get(key, ())) == 1:
                genes, how = recent[key], "previous"
            elif len(genes & self.coding) == 1 and genes - self.coding <= self.pseudogenes:
                genes = genes & self.coding
            if len(genes) == 1:
                settled.append((4 * rows[next(iter(genes))] + HOW.index(how), name))
            else:
                ambiguous.append(name)
        return settled, ambiguous

    def write(self, organism: str, **more: np.ndarray) -> None:
        """Write the table; scgsfm.genes._tables describes it."""
        rows = {symbol: row for row, symbol in enumerate(self.symbols)}
        codes, ambiguous = self.settle()
        codes = sorted(codes + [(HOW.index("ambiguous"), name) for name in ambiguous])
        text = "\n".join([*self.symbols, *(name for _, name in codes)]).encode()
        np.savez_compressed(
            OUT / f"{organism}.npz",
            names=np.frombuffer(text, np.uint8),
            codes=np.array([4 * row for row in rows.values()] + [code for code, _ in codes], np.int32),
            **{kind: pairs_of(of_kind, rows).astype(np.int32) for kind, of_kind in self.ids.items()},
            coding=np.array([symbol in self.coding for symbol in self.symbols]),
            **more,
        )


def folded(names: Names) -> Names:
    """The same names in capitals."""
    found: Names = defaultdict(set)
    for name, genes in names.items():
        found[name.upper()] |= genes
    return found


def previous_symbols(hgnc: pd.DataFrame, symbols_of_2022: set[str]) -> tuple[Names, Names]:
    """Previous symbols of HGNC, and those of recent renamings."""
    approved = set(hgnc["symbol"])
    previous, recent = defaultdict(set), defaultdict(set)
    for symbol, names in hgnc[["symbol", "prev_symbols"]].itertuples(index=False):
        for name in names:
            if name not in approved:
                previous[name].add(symbol)
                if name in symbols_of_2022:
                    recent[name].add(symbol)
    table = pd.read_csv(HERE / "hgnc_previous.tsv.gz", sep="\t", dtype=str, keep_default_na=False, comment="#")
    newer = unique(previous)
    for symbol, name, changed in table.itertuples(index=False):
        gene = symbol if symbol in approved else newer.get(symbol, "")
        if gene and name not in approved:
            previous[name].add(gene)
            if changed and int(changed) >= RENAMED_SINCE:
                recent[name].add(gene)
    return previous, recent


def claim(ids: dict[str, str], claims: Iterable[tuple[str, str]]) -> None:
    """Add the ids that have no gene yet and that one gene claims."""
    new: Names = defaultdict(set)
    for id_, symbol in claims:
        if id_ and symbol and id_ not in ids:
            new[id_].add(symbol)
    ids |= unique(new)


def human_ids(
    hgnc: pd.DataFrame,
    gene_info: pd.DataFrame,
    annotables: pd.DataFrame,
    ensembl114: pd.DataFrame,
    known: dict[str, str],
) -> tuple[dict[str, str], dict[str, str]]:
    """Entrez → symbol and Ensembl → symbol. HGNC comes first, then Ensembl 114, NCBI Gene and Ensembl of 2023."""
    symbol_of = dict(zip(hgnc["hgnc_id"], hgnc["symbol"], strict=True))
    of_gene_info = [
        symbol_of.get(id_) or known.get(name, "") for id_, name in gene_info[["authority_id", "approved"]].to_numpy()
    ]
    of_annotables = [known.get(name, "") for name in annotables["symbol"]]
    of_ensembl = [known.get(name, "") for name in ensembl114["symbol"]]

    entrez: dict[str, str] = {}
    claim(entrez, zip(hgnc["entrez_id"], hgnc["symbol"], strict=True))
    claim(entrez, zip(gene_info["GeneID"], of_gene_info, strict=True))
    with_id = set(of_gene_info)
    claim(
        entrez,
        ((id_, name) for id_, name in zip(annotables["entrez"], of_annotables, strict=True) if name not in with_id),
    )

    ensembl: dict[str, str] = {}
    stated = dict(zip(ensembl114["ensembl_id"], of_ensembl, strict=True))
    # of several genes with one id in HGNC, Ensembl's own comes first
    claims = list(zip(hgnc["ensembl_id"], hgnc["symbol"], strict=True))
    claim(ensembl, ((id_, name) for id_, name in claims if stated.get(id_) == name))
    claim(ensembl, claims)
    claim(ensembl, stated.items())
    claim(ensembl, ((id_, name) for ids, name in zip(gene_info["ensembl"], of_gene_info, strict=True) for id_ in ids))
    by_id = [name or entrez.get(id_, "") for id_, name in zip(annotables["entrez"], of_annotables, strict=True)]
    claim(ensembl, zip(annotables["ensgene"], by_id, strict=True))
    return entrez, ensembl


def human_names(
    hgnc: pd.DataFrame, symbol_map: pd.DataFrame, previous: Names, synonyms: Names, known: dict[str, str]
) -> Names:
    """All names but the approved symbols: HGNC's, then those of its map of 2022, then NCBI's synonyms."""
    approved = {name for name, symbol in known.items() if name == symbol}
    names: Names = defaultdict(set)
    for symbol, aliases in hgnc[["symbol", "alias_symbols"]].itertuples(index=False):
        for name in aliases:
            names[name].add(symbol)
    for name, genes in previous.items():
        names[name] |= genes
    today = {name.upper() for name in [*names, *approved]}
    for name, symbol in symbol_map[["Symbol", "Approved.Symbol"]].itertuples(index=False):
        if name.upper() not in today and (gene := known.get(symbol)):
            names[name].add(gene)
    # a name in capitals may be meant for any of HGNC's spellings
    in_capitals = folded(names)
    for name in [*names]:
        if name.isupper():
            names[name] |= in_capitals[name]
    official = {name for name in [*names] if CD_ANTIGEN.fullmatch(name)} | previous.keys()
    for name, genes in synonyms.items():
        if name not in official:
            names[name] |= genes
    return {name: genes for name, genes in names.items() if name not in approved and not NOT_A_NAME.fullmatch(name)}


def human(data: Path) -> tuple[Genes, dict[str, str]]:
    """Write the human table; returns its genes, and name → symbol of all symbols and previous symbols of one gene."""
    hgnc = read_hgnc(data)
    symbol_map = read(data / "hgnc_helper_symbol_map.tsv.gz")
    annotables = read(data / "annotables_grch38_ensembl_entrez_symbol.tsv.gz")
    gene_info = read_gene_info(data / "Homo_sapiens.gene_info.gz")
    # the others are loci and predictions, some under the symbol of a gene
    gene_info = gene_info[gene_info["authority_id"] != ""]
    symbols_of_2022 = set(symbol_map["Approved.Symbol"])
    previous, recent = previous_symbols(hgnc, symbols_of_2022)
    # data of that time has the few genes that HGNC has withdrawn since
    symbols = sorted({*hgnc["symbol"], *symbols_of_2022.difference(previous)})
    known = unique({**previous, **recent}) | {symbol: symbol for symbol in symbols}
    entrez, ensembl = human_ids(hgnc, gene_info, annotables, read_ensembl(data, "homo_sapiens"), known)

    synonyms: Names = defaultdict(set)
    for row in gene_info.itertuples():
        for name in {row.Symbol, row.approved, *row.synonyms} if row.GeneID in entrez else ():
            synonyms[name].add(entrez[row.GeneID])
    coding_rows = annotables[(annotables["biotype"] == "protein_coding") & (annotables["symbol"] != "")]
    for symbol, id_ in coding_rows[["symbol", "entrez"]].itertuples(index=False):
        if id_ in entrez:
            synonyms[symbol].add(entrez[id_])

    locus = dict(zip(hgnc["symbol"], hgnc["locus_type"], strict=True))
    pseudogenes = {symbol for symbol, kind in locus.items() if "pseudogene" in kind}
    coding = {symbol for symbol, kind in locus.items() if kind in {"gene with protein product", "protein_coding"}}
    undecided = {symbol for symbol, kind in locus.items() if "RNA" not in kind} - pseudogenes
    coding |= undecided & {
        entrez.get(id_) for id_ in gene_info["GeneID"][gene_info["type_of_gene"] == "protein-coding"]
    }
    found = Genes(
        symbols,
        human_names(hgnc, symbol_map, previous, synonyms, known),
        previous,
        recent,
        {
            "entrez": {int(id_): symbol for id_, symbol in entrez.items()},
            "ensembl": {number(id_): symbol for id_, symbol in ensembl.items()},
            "hgnc": {int(id_[5:]): symbol for id_, symbol in zip(hgnc["hgnc_id"], hgnc["symbol"], strict=True)},
        },
        coding,
        pseudogenes,
    )
    found.write("human")
    write_facts(hgnc, symbols)
    return found, known


def write_facts(hgnc: pd.DataFrame, symbols: list[str]) -> None:
    """Write names, locations and ids of the human genes, in the order of the human table; see scgsfm.genes._gene_facts."""
    rows = hgnc.set_index("symbol").reindex(symbols).fillna("")
    texts = {
        column: np.frombuffer("\n".join(rows[of].str.split("|").str[0].str.strip()).encode(), np.uint8)
        for column, of in (("name", "name"), ("location", "location"), ("uniprot", "uniprot_id"))
    }
    ids = {
        column: np.array(
            [int(digits or 0) for digits in rows[of].str.extract(r"(\d+)", expand=False).fillna("")], np.int64
        )
        for column, of in (("hgnc", "hgnc_id"), ("entrez", "entrez_id"), ("ensembl", "ensembl_id"), ("omim", "omim_id"))
    }
    np.savez_compressed(OUT / "human_facts.npz", **texts, **ids)


class Pairs:
    """Pairs of a gene and its human ortholog, with the evidence of all sources."""

    def __init__(self) -> None:
        self.support: dict[tuple[str, str], int] = defaultdict(int)
        self.lists: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.same: dict[tuple[str, str], int] = defaultdict(int)

    def add(
        self, source: str, gene: str | None, human_symbol: str | None, names: tuple[str, str], support: int = 1
    ) -> None:
        """Note that a source lists a pair, under these names."""
        if gene and human_symbol:
            pair = gene, human_symbol
            self.lists[pair].add(source)
            if source == "HCOP":
                self.support[pair] = max(self.support[pair], support)
            if gene.upper() == human_symbol.upper():
                self.same[pair] = 2
            elif names[0].upper() == names[1].upper():  # as the source names them
                self.same[pair] = max(self.same[pair], 1)

    def supported(self) -> dict[tuple[str, str], tuple[int, int, int]]:
        """The pairs with enough evidence: same name, number of sources of HCOP, and number of sources in all."""
        return {
            pair: (self.same.get(pair, 0), self.support.get(pair, 0), len(lists))
            for pair, lists in self.lists.items()
            if (n := max(self.support.get(pair, 0), 1) + len(lists - {"HCOP"}) - ("HCOP" not in lists)) >= MIN_SUPPORT
            or (pair in self.same and n >= MIN_SUPPORT_SAME_NAME)
        }

    def orthology(self, to_human: Mapping[str, str]) -> dict[str, int]:
        """Kind of orthology (its position in ``ORTHOLOGY``) of each gene and its human partner, by all supported pairs."""
        pairs = set(self.supported()) | set(to_human.items())
        of_gene, of_human = Counter(gene for gene, _ in pairs), Counter(symbol for _, symbol in pairs)
        amount = {True: "one", False: "many"}
        return {
            gene: ORTHOLOGY.index(f"{amount[of_human[symbol] == 1]}-to-{amount[of_gene[gene] == 1]}")
            for gene, symbol in to_human.items()
        }

    def partners(self, *, one_to_one: bool = True) -> dict[str, str]:
        """Gene → human symbol: pairs in which each gene is the best partner of the other.

        Better means: the same name, then more sources of HCOP, then more other sources. A gene with a tie has no
        partner. Without ``one_to_one``, several genes may have the same human partner.
        """
        evidence = self.supported()
        best: dict[tuple[int, str], tuple] = {}
        for pair, value in evidence.items():
            for side, gene in enumerate(pair):
                best[side, gene] = max(best.get((side, gene), ()), value)
        chosen: Names = defaultdict(set)
        of_human: Names = defaultdict(set)
        for (gene, symbol), value in evidence.items():
            if value == best[0, gene]:
                chosen[gene].add(symbol)
            if value == best[1, symbol]:
                of_human[symbol].add(gene)
        return {gene: symbol for gene, symbol in unique(chosen).items() if not one_to_one or of_human[symbol] == {gene}}


def mouse_genes(data: Path) -> tuple[Genes, dict[str, str], dict[str, str], dict[str, str]]:
    """The genes of MGI with a protein or an Ensembl id in NCBI Gene; Ensembl, Entrez and MGI ids → symbol."""
    mgi = read(data / "mgi_entries_2024-02.tsv.gz").sort_values("ensembl", ascending=False).drop_duplicates("symbol")
    gene_info = read_gene_info(data / "Mus_musculus.gene_info.gz")
    gene_info = gene_info[gene_info["authority_id"] != ""]
    ensembl114 = read_ensembl(data, "mus_musculus")
    of_mgi = dict(zip("MGI:" + mgi["ID"], mgi["symbol"], strict=True))
    current = set(of_mgi.values())
    gene_info["symbol"] = [
        of_mgi.get(id_) or ("" if name in current else name)
        for id_, name in gene_info[["authority_id", "approved"]].to_numpy()
    ]
    gene_info = gene_info[gene_info["symbol"] != ""]
    coding = set(gene_info["symbol"][gene_info["type_of_gene"] == "protein-coding"])
    coding |= current & set(ensembl114["symbol"][ensembl114["biotype"] == "protein_coding"])
    wanted = coding | set(gene_info["symbol"][gene_info["ensembl"].str.len() > 0])

    ensembl: dict[str, str] = {}
    claim(ensembl, ((id_, row.symbol) for row in mgi.itertuples() for id_ in row.ensembl.split(";")))
    claim(ensembl, ((row.ensembl_id, row.symbol) for row in ensembl114.itertuples() if row.symbol in current))
    claim(ensembl, ((id_, row.symbol) for row in gene_info.itertuples() for id_ in row.ensembl))
    entrez: dict[str, str] = {}
    claim(entrez, zip(gene_info["GeneID"], gene_info["symbol"], strict=True))

    names, renamed = defaultdict(set), defaultdict(set)
    for symbol, synonyms in mgi[["symbol", "synonyms"]].itertuples(index=False):
        for name in synonyms.split(";"):
            names[name].add(symbol)
    for row in gene_info.itertuples():
        for name in {row.Symbol, row.approved, *row.synonyms}:
            names[name].add(row.symbol)
        if row.approved != row.symbol:
            renamed[row.approved].add(row.symbol)
    ids = {"ensembl": ensembl, "entrez": entrez, "mgi": of_mgi}
    found = Genes(sorted(wanted), names, renamed, renamed, {}, coding)
    found.pseudogenes = set(gene_info["symbol"][gene_info["type_of_gene"] == "pseudo"])
    return found, *ids.values()


def mouse(data: Path, human_genes: Genes, known: dict[str, str], human_previous: Names) -> None:
    """Write the mouse table."""
    genes, ensembl, entrez, mgi = mouse_genes(data)
    of_entrez = human_genes.ids["entrez"]
    mouse_known = unique(genes.previous) | {symbol: symbol for symbol in [*genes.symbols, *mgi.values()]}
    babelgene = read(data / "babelgene_mouse_human_orthologs.tsv.gz")
    claim(ensembl, ((row.ensembl, entrez.get(row.entrez, "")) for row in babelgene.itertuples()))
    pairs = Pairs()
    for row in read(data / "orthologs_hcop_2024-01_mouse.tsv.gz").itertuples():
        gene = ensembl.get(row.mouse_ensembl) or mouse_known.get(row.mouse_symbol)
        symbol = known.get(row.human_symbol)
        pairs.add("HCOP", gene, symbol, (row.mouse_symbol, row.human_symbol), int(float(row.support_n)))
    for row in babelgene.itertuples():
        symbol = of_entrez.get(int(row.human_entrez or 0)) or known.get(row.human_symbol)
        gene = entrez.get(row.entrez) or mouse_known.get(row.symbol)
        pairs.add("HCOP", gene, symbol, (row.symbol, row.human_symbol), int(float(row.support_n)))
    for row in read(data / "mgi_mouse_human_symbol_pairs.tsv.gz").itertuples():
        names = row.mouse_symbol, row.human_symbol
        pairs.add("MGI", mouse_known.get(names[0]), known.get(names[1]), names)
    alliance = read(data / "orthologs_alliance_2022.tsv.gz")
    for row in alliance[alliance["species_name"] == "Mus musculus"].itertuples():
        names = row.species_symbol, row.human_symbol
        pairs.add("Alliance", mouse_known.get(names[0]), known.get(names[1]), names)
    for row in read_hgnc(data).itertuples():
        for id_ in row.mgi_id:
            pairs.add("HGNC", mgi.get(id_), row.symbol, (mgi.get(id_, ""), row.symbol))
    groups: dict[str, dict[str, list]] = defaultdict(lambda: {"9606": [], "10090": []})
    for hid, name, taxon, id_ in read(data / "homologene2_human_mouse.tsv.gz").itertuples(index=False):
        groups[hid][taxon].append((name, id_))
    for group in groups.values():
        for human_name, human_id in group["9606"]:
            for name, id_ in group["10090"]:
                pairs.add("HomoloGene", entrez.get(id_), of_entrez.get(int(human_id)), (name, human_name))
    to_human = pairs.partners()
    orthology = pairs.orthology(to_human)

    symbols = sorted({*genes.symbols, *to_human})
    listed = set(symbols)
    names = {
        name: kept
        for name, of in genes.names.items()
        if name not in listed and name and not name.isdigit() and (kept := of & listed)
    }
    # mouse genes are renamed with their human orthologs
    renamed: Names = defaultdict(set)
    for name, of in names.items():
        renamed[name] |= genes.previous.get(name, set()) & listed
        renamed[name] |= {gene for gene in of if to_human.get(gene) in human_previous.get(name.upper(), ())}
    renamed = {name: of for name, of in renamed.items() if of}
    ids = {
        "entrez": {int(id_): gene for id_, gene in entrez.items() if gene in listed},
        "ensembl": {number(id_): gene for id_, gene in ensembl.items() if gene in listed},
        "mgi": {int(id_[4:]): gene for id_, gene in mgi.items() if gene in listed},
    }
    rows = {symbol: row for row, symbol in enumerate(human_genes.symbols)}
    Genes(symbols, names, renamed, renamed, ids, genes.coding & listed, genes.pseudogenes).write(
        "mouse",
        ortholog=np.array([rows.get(to_human.get(gene, ""), -1) for gene in symbols], np.int32),
        orthology=np.array([orthology.get(gene, 0) for gene in symbols], np.uint8),
    )


def species_pairs(
    data: Path, organism: str, hcop: pd.DataFrame, ensembl: dict[str, str], human_genes: Genes, known: dict[str, str]
) -> Pairs:
    """The orthologs of a species other than mouse: HCOP, the Alliance, HGNC (rat), equal symbols of mammals."""
    pairs = Pairs()
    for row in hcop.itertuples():
        symbol = human_genes.ids["entrez"].get(int(row.human_entrez or 0)) or known.get(row.human_symbol)
        gene = ensembl.get(row.ensembl) or row.symbol or row.ensembl
        pairs.add("HCOP", gene, symbol, (row.symbol, row.human_symbol), int(float(row.support_n)))
    alliance = read(data / "orthologs_alliance_2022.tsv.gz")
    for row in alliance[alliance["species_name"] == SPECIES[organism][0]].itertuples():
        pairs.add("Alliance", row.species_symbol, known.get(row.human_symbol), (row.species_symbol, row.human_symbol))
    if organism == "rat":
        for row in read_hgnc(data).itertuples():
            for gene in row.rat_symbol:
                pairs.add("HGNC", gene, row.symbol, (gene, row.symbol))
    if organism not in ("zebrafish", "fly"):
        # Ensembl projects symbols from human genes by orthology
        for gene in set(ensembl.values()):
            if gene.upper() in human_genes.coding:
                for source in ("Ensembl symbol", "human symbol"):
                    pairs.add(source, gene, gene.upper(), (gene, gene))
    return pairs


def other_species(data: Path, organism: str, hcop: pd.DataFrame, human_genes: Genes, known: dict[str, str]) -> None:
    """Write the table of a species other than human and mouse."""
    hcop_name, ensembl_name, one_to_one = SPECIES[organism]
    hcop = hcop[hcop["species"] == hcop_name]
    names: Names = defaultdict(set)
    ensembl: dict[str, str] = {}
    if organism == "rat":
        rgd = (
            read(data / "rgd_entries_2024-02.tsv.gz").sort_values("ensembl", ascending=False).drop_duplicates("symbol")
        )
        claim(ensembl, ((id_, row.symbol) for row in rgd.itertuples() for id_ in row.ensembl.split(";")))
        for row in rgd.itertuples():
            for name in row.synonyms.split(";"):
                names[name].add(row.symbol)
    claim(ensembl, zip(hcop["ensembl"], hcop["symbol"].where(hcop["symbol"] != "", hcop["ensembl"]), strict=True))
    of_species = read_ensembl(data, ensembl_name) if ensembl_name else pd.DataFrame({"ensembl_id": [], "symbol": []})
    current = set(ensembl.values())
    for id_, symbol in of_species[["ensembl_id", "symbol"]].itertuples(index=False):
        if symbol and symbol not in current and id_ in ensembl:
            names[symbol].add(ensembl[id_])
    claim(ensembl, of_species[["ensembl_id", "symbol"]].itertuples(index=False))
    for row in hcop.itertuples():
        if row.symbol and (gene := ensembl.get(row.ensembl)) and gene != row.symbol:
            names[row.symbol].add(gene)
    pairs = species_pairs(data, organism, hcop, ensembl, human_genes, known)
    to_human = pairs.partners(one_to_one=one_to_one)
    orthology = pairs.orthology(to_human)

    # a gene without an ortholog is of no use here
    symbols = sorted(to_human)
    listed = set(symbols)
    names = {
        name: kept
        for name, of in names.items()
        if name not in listed and not NOT_A_NAME.fullmatch(name) and (kept := of & listed)
    }
    entrez: dict[str, str] = {}
    claim(entrez, ((row.entrez, ensembl.get(row.ensembl) or row.symbol) for row in hcop.itertuples()))
    ids = {
        "entrez": {int(id_): gene for id_, gene in entrez.items() if gene in listed},
        **(
            {"flybase": {flybase_number(id_): gene for id_, gene in ensembl.items() if gene in listed}}
            if organism == "fly"
            else {"ensembl": {number(id_): gene for id_, gene in ensembl.items() if gene in listed}}
        ),
    }
    rows = {symbol: row for row, symbol in enumerate(human_genes.symbols)}
    coding = {gene for gene in symbols if to_human[gene] in human_genes.coding}
    Genes(symbols, names, ids=ids, coding=coding).write(
        organism,
        ortholog=np.array([rows[to_human[gene]] for gene in symbols], np.int32),
        orthology=np.array([orthology[gene] for gene in symbols], np.uint8),
    )


SOURCES = {
    "HGNC": {
        "version": "2024-02 to 2025",
        "licence": "CC0",
        "url": "https://www.genenames.org",
        "use": "approved human symbols, names, locations, aliases, previous symbols, ids (HGNC, Entrez, Ensembl, "
        "UniProt, OMIM), gene types",
    },
    "HGNC complete set": {
        "version": "2024-10-18",
        "licence": "CC0",
        "url": "https://www.genenames.org/download/",
        "use": "when a gene was renamed",
    },
    "HGNC symbol map": {
        "version": "2022-04",
        "licence": "CC0",
        "url": "https://www.genenames.org",
        "use": "aliases that HGNC no longer lists",
    },
    "NCBI Gene": {
        "version": "2020-09",
        "licence": "public domain",
        "url": "https://www.ncbi.nlm.nih.gov/gene",
        "use": "human and mouse: Entrez and Ensembl ids, synonyms, mouse gene types",
    },
    "Ensembl": {
        "version": "114; 2023-02 for retired ids",
        "licence": "no restrictions (Ensembl data)",
        "url": "https://www.ensembl.org",
        "use": "Ensembl ids and symbols of all species",
    },
    "HCOP": {
        "version": "2022-09; 2024-01 for mouse",
        "licence": "free to use (HGNC); collections MIT",
        "url": "https://www.genenames.org/tools/hcop/",
        "use": "orthologs with the number of supporting sources",
    },
    "MGI": {
        "version": "2024-02",
        "licence": "CC BY 4.0",
        "url": "https://www.informatics.jax.org",
        "use": "mouse symbols, synonyms and ids; orthologs",
    },
    "RGD": {
        "version": "2024-02",
        "licence": "CC BY 4.0",
        "url": "https://rgd.mcw.edu",
        "use": "rat symbols, synonyms and ids",
    },
    "Alliance of Genome Resources": {
        "version": "2022",
        "licence": "CC BY 4.0",
        "url": "https://www.alliancegenome.org",
        "use": "orthologs of mouse, rat, zebrafish and fly",
    },
    "HomoloGene": {
        "version": "homologene2",
        "licence": "public domain; collection MIT",
        "url": "https://github.com/oganm/homologene",
        "use": "mouse orthologs",
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"), help="default: $SCGSFM_DATA")
    data = parser.parse_args().data
    if data is None:
        parser.error("name the data folder by --data or SCGSFM_DATA")
    data = Path(data) / "genes"
    OUT.mkdir(parents=True, exist_ok=True)
    human_genes, known = human(data)
    mouse(data, human_genes, known, human_genes.previous)
    hcop = read(data / "orthologs_hcop_2022-09_support2.tsv.gz")
    for organism in SPECIES:
        other_species(data, organism, hcop, human_genes, known)
    (OUT / "sources.json").write_text(json.dumps(SOURCES, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
