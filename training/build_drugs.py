"""Write the embedded signatures, compounds, mechanisms of action and targets.

python training/build_drugs.py --consensi consensi-drugbank-binary.tsv --vocabulary drugbank_vocabulary.csv --data DATA

``consensi-drugbank-binary.tsv`` is data/consensi/binary of https://github.com/dhimmel/lincs (commit ff88e02), and the
vocabulary is DrugBank's (CC0, https://go.drugbank.com/releases/latest#open-data). DATA holds drugs/ with the tables of
DrugCentral and ChEMBL (default: the variable SCGSFM_DATA).
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from scgsfm.drugs import SignatureIndex, normalize_compound
from scgsfm.drugs._compound_names import plain_spelling
from scgsfm.drugs._read_signatures import write_signatures
from scgsfm.drugs._signature_index import COLUMNS
from scgsfm.genes import resolve

OUT = Path(__file__).resolve().parents[1] / "src" / "scgsfm" / "data" / "drugs"
LINCS = {
    "title": "LINCS L1000 consensus signatures of DrugBank compounds",
    "version": "2.0 (2016-03)",
    "licence": "CC BY 4.0",
    "url": "https://github.com/dhimmel/lincs",
    "citation": "Himmelstein et al., 2017, doi:10.7554/eLife.26726; LINCS L1000 (Subramanian et al., 2017)",
}
CHEMBL_NOTICE = (
    "# Mechanisms of action from ChEMBL 36 (https://www.ebi.ac.uk/chembl), changed: columns selected, one row per compound.\n"
    "# This file is licensed under CC BY-SA 3.0 (https://creativecommons.org/licenses/by-sa/3.0/).\n"
)


def write_table(name: str, table: pd.DataFrame, notice: str = "") -> None:
    """A table whose bytes do not depend on the time of writing."""
    text = notice + table.to_csv(sep="\t", index=False)
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(text.encode())
    path = OUT / f"{name}.tsv.gz"
    path.write_bytes(buffer.getvalue())
    print(f"{path.name}: {len(table):,} rows, {path.stat().st_size:,} bytes")


def joined(values: pd.Series) -> str:
    return "|".join(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def split_genes(values: pd.Series) -> str:
    found = (gene.strip() for value in values if isinstance(value, str) for gene in value.replace(";", "|").split("|"))
    return "|".join(dict.fromkeys(filter(None, found)))


def drugcentral(data: Path) -> pd.DataFrame:
    """Efficacy targets, and the classes of FDA (established pharmacologic class and mechanism of action)."""
    targets = pd.read_csv(data / "drugcentral_2016-11_drug_target.tsv.gz", sep="\t")
    # targets in bacteria, viruses and parasites are not genes of human cells
    human = targets[targets["SWISSPROT"].str.contains("_HUMAN", na=False)]
    classes = pd.read_csv(data / "drugcentral_2016-11_pharm_class.tsv.gz", sep="\t")
    classes = classes[(classes["SOURCE"] == "FDA") & classes["TYPE"].isin(["EPC", "MoA"])]
    table = pd.DataFrame({
        "chembl": targets.groupby("DRUG_NAME")["CHEMBL_ID"].first(),
        "targets": human.groupby("DRUG_NAME")["GENE"].agg(split_genes),
        "mechanism": classes.sort_values("TYPE", kind="stable").groupby("DRUG_NAME")["CLASS"].agg(joined),
    })  # fmt: skip
    table = table.fillna("").rename_axis("name").reset_index()
    return table[["name", "chembl", "mechanism", "targets"]].sort_values("name")


def chembl(data: Path) -> pd.DataFrame:
    table = pd.read_csv(data / "chembl_mechanisms_2026.tsv.gz", sep="\t")
    table = table[table["drug"].notna()]
    groups = table.groupby("molecule_chembl_id")
    merged = pd.DataFrame({
        "name": groups["drug"].first().str.lower(),
        "mechanism": groups["mechanism_of_action"].agg(joined),
        "targets": groups["targets"].agg(split_genes),
    })  # fmt: skip
    merged = merged.rename_axis("chembl").reset_index()
    return merged[["name", "chembl", "mechanism", "targets"]].sort_values(["name", "chembl"])


def compounds(vocabulary: pd.DataFrame, wanted: set[str], ids: set[str]) -> pd.DataFrame:
    """Names, InChIKeys and short synonyms of the compounds of the other tables."""
    names = vocabulary["Common name"].map(normalize_compound)
    synonyms = vocabulary["Synonyms"].fillna("").str.split(" | ", regex=False)
    known = pd.Series([bool({normalize_compound(s) for s in each} & wanted) for each in synonyms], vocabulary.index)
    kept = vocabulary[names.isin(wanted) | vocabulary.index.isin(ids) | known]
    short = [
        "|".join([s for s in each if s.isascii() and len(s) <= 32 and s.casefold() != name.casefold()][:12])
        for name, each in zip(kept["Common name"], synonyms[kept.index], strict=True)
    ]
    table = pd.DataFrame({
        "drugbank": kept.index,
        "name": kept["Common name"].to_numpy(),
        "inchikey": kept["Standard InChI Key"].fillna("").to_numpy(),
        "synonyms": short,
    })  # fmt: skip
    return table.sort_values("drugbank")


def lincs(path: Path, vocabulary: pd.DataFrame) -> SignatureIndex:
    """The consensus signatures: z-scores of the measured genes that change significantly."""
    table = pd.read_csv(path, sep="\t", dtype={"entrez_gene_id": str})
    entrez = table["entrez_gene_id"].unique()
    symbols = dict(zip(entrez, resolve(entrez.tolist()).symbols, strict=True))
    table["gene"] = table["entrez_gene_id"].map(symbols)
    table = table[table["gene"].notna() & (table["gene"] != "")]
    current = {old: new for new, olds in vocabulary["Accession Numbers"].dropna().items() for old in olds.split(" | ")}
    genes, columns = np.unique(table["gene"].to_numpy(dtype=str), return_inverse=True)
    ids, rows = np.unique(table["perturbagen"].to_numpy(dtype=str), return_inverse=True)
    weights = csr_matrix((table["z_score"], (rows, columns)), shape=(len(ids), len(genes)))
    signatures = pd.DataFrame("", index=range(len(ids)), columns=list(COLUMNS), dtype=object)
    now = [one if one in vocabulary.index else current.get(one, one) for one in ids]
    known = vocabulary.reindex(now)
    names = [name if isinstance(name, str) else one for name, one in zip(known["Common name"], ids, strict=True)]
    signatures["compound"] = [plain_spelling(name) for name in names]
    signatures["inchikey"] = known["Standard InChI Key"].fillna("").to_numpy()
    signatures["drugbank"], signatures["signature"], signatures["source"] = now, ids, "lincs_consensus"
    return SignatureIndex("bundled", signatures, genes.astype(object), weights, {"lincs_consensus": LINCS})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consensi", type=Path, required=True)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    args = parser.parse_args()
    data = Path(args.data or parser.error("give --data or set SCGSFM_DATA")) / "drugs"
    OUT.mkdir(parents=True, exist_ok=True)
    vocabulary = pd.read_csv(args.vocabulary, index_col=0, dtype=str)
    index = lincs(args.consensi, vocabulary)
    write_signatures(OUT / "lincs_consensus.npz", index)
    print(f"{index}; {(OUT / 'lincs_consensus.npz').stat().st_size:,} bytes")
    tools = pd.read_csv(
        Path(__file__).resolve().parent / "tool_compounds.tsv", sep="\t", dtype=str, keep_default_na=False
    )
    central, mechanisms = drugcentral(data), chembl(data)
    wanted = {normalize_compound(name) for table in (central, mechanisms, tools) for name in table["name"]}
    write_table("drugcentral", central)
    targets = ((row.name, row.targets.replace("|", "\t")) for row in central.itertuples() if row.targets)
    lines = [f"{name}\tDrugCentral\t{genes}\n" for name, genes in targets]
    (Path(__file__).resolve().parent / "drug_targets.gmt").write_text("".join(lines), encoding="utf-8")
    write_table("chembl_mechanisms", mechanisms, CHEMBL_NOTICE)
    write_table("tool_compounds", tools)
    write_table("compounds", compounds(vocabulary, wanted, set(index.signatures["drugbank"])))


if __name__ == "__main__":
    main()
