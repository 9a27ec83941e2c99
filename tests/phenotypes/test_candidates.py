"""Candidate genes from VCF files and phenopackets."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from scgsfm.phenotypes import candidate_symbols
from scgsfm.phenotypes._candidates import genes_of_packet, read_candidates

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

VEP = (
    (
        '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. Format: '
        'Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type">'
    ),
    (
        "DP=3;CSQ=T|missense_variant|MODERATE|FBN1|ENSG00000166147|Transcript,"
        "T|upstream_gene_variant|MODIFIER|CEP152|ENSG00000103995|Transcript"
    ),
    "CSQ=A|stop_gained|HIGH||ENSG00000144285|Transcript",
)
SNPEFF = (
    (
        "##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: 'Allele | Annotation | Annotation_Impact | "
        "Gene_Name | Gene_ID | Feature_Type'\">"
    ),
    "ANN=T|missense_variant|MODERATE|FBN1|ENSG00000166147|transcript,T|intergenic_region|MODIFIER|A-B|A-B|x",
    "ANN=A|stop_gained&splice_region_variant|HIGH|SCN1A|ENSG00000144285|transcript",
)
BCFTOOLS = (
    (
        '##INFO=<ID=BCSQ,Number=.,Type=String,Description="Local consequence annotation from BCFtools/csq. Format: '
        '[*]Consequence|gene|transcript|biotype|strand|amino_acid_change|dna_change">'
    ),
    "BCSQ=missense|FBN1|ENST1|protein_coding|-|1A>1T|1A>T",
    "BCSQ=*stop_gained|SCN1A|ENST2|protein_coding",
)


@pytest.mark.parametrize("lines", [VEP, SNPEFF, BCFTOOLS])
@pytest.mark.parametrize("name", ["a.vcf", "a.vcf.gz"])
def test_vcf(lines: tuple[str, str, str], name: str, tmp_path: Path) -> None:
    header, *infos = lines
    rows = [f"1\t{100 + i}\t.\tC\tT\t.\tPASS\t{info}" for i, info in enumerate([*infos, "DP=4"])]
    text = "\n".join(["##fileformat=VCFv4.2", header, "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO", *rows, ""])
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    assert candidate_symbols(str(path)) == ["FBN1", "SCN1A"]


def test_vcf_without_annotation(tmp_path: Path) -> None:
    path = tmp_path / "a.vcf"
    path.write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\n1\t100\t.\tC\tT\t.\tPASS\tDP=4\n")
    with pytest.raises(ValueError, match=r"has no annotation of genes \(CSQ, ANN or BCSQ in INFO\)"):
        read_candidates(path)


@pytest.mark.parametrize(
    "packet",
    [
        {"interpretations": [{"diagnosis": {"genomicInterpretations": [
            {"variantInterpretation": {"variationDescriptor": {"geneContext": {"valueId": "HGNC:3603", "symbol": "FBN1"}}}},
            {"gene": {"valueId": "HGNC:10585", "symbol": "SCN1A"}},
        ]}}]},
        {"interpretations": [{"diagnosis": {"genomic_interpretations": [
            {"variant_interpretation": {"variation_descriptor": {"gene_context": {"value_id": "FBN1"}}}},
            {"gene_descriptor": {}, "gene": {"symbol": "SCN1A"}},
        ]}}]},
        {"genes": [{"id": "HGNC:3603", "symbol": "FBN1"}, {"symbol": "SCN1A"}]},
        {"proband": {"genes": [{"symbol": "FBN1"}, {"symbol": "SCN1A"}]}},
    ],
)  # fmt: skip
def test_genes_of_phenopackets(packet: dict[str, Any]) -> None:
    assert genes_of_packet(packet) == ["FBN1", "SCN1A"]


def test_long_reports_are_shortened() -> None:
    with pytest.warns(UserWarning, match=r"40 of 41 genes in `candidates` are unknown(.|\n)*and 20 more") as caught:
        symbols = candidate_symbols(["FBN1", *(f"QQQ{i}" for i in range(40))])
    assert len(symbols) == 41
    assert str(caught[0].message).count("\n") == 21
