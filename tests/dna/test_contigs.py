from __future__ import annotations

from scgsfm.dna import contig_names


def test_names_with_and_without_chr() -> None:
    known = ["1", "2", "MT", "chrX", "KI270706.1"]
    wanted = ["chr1", "2", "chrM", "M", "X", "chrX", "KI270706.1", "chr7", "chrx", "2.0"]
    assert contig_names(wanted, known) == {
        "chr1": "1",
        "2": "2",
        "chrM": "MT",
        "M": "MT",
        "X": "chrX",
        "chrX": "chrX",
        "KI270706.1": "KI270706.1",
        "chrx": "chrX",
        "2.0": "2",
    }
    assert contig_names(["MT", "chrMT"], ["chrM"]) == {"MT": "chrM", "chrMT": "chrM"}


def test_accessions() -> None:
    """RefSeq and GenBank names of chromosomes, in both directions."""
    wanted = ["NC_000001.11", "NC_000023.11", "NC_012920.1", "CM000664.2", "NC_000067.7"]
    assert contig_names(wanted, ["chr1", "chr2", "chrX", "chrM"]) == {
        "NC_000001.11": "chr1",
        "NC_000023.11": "chrX",
        "NC_012920.1": "chrM",
        "CM000664.2": "chr2",
    }
    assert contig_names(["chr1", "MT"], ["NC_000001.11", "NC_012920.1"]) == {
        "chr1": "NC_000001.11",
        "MT": "NC_012920.1",
    }
    assert contig_names(["CM000663.2"], ["NC_000001.11"]) == {"CM000663.2": "NC_000001.11"}


def test_accessions_of_another_build() -> None:
    hg38, hg19 = 248956422, 249250621
    wanted = ["NC_000001.10", "NC_000001.11", "NC_060925.1"]
    assert contig_names(wanted, {"chr1": hg38}) == {"NC_000001.11": "chr1"}
    assert contig_names(wanted, {"1": hg19}) == {"NC_000001.10": "1"}
    assert contig_names(["NC_000001.10"], ["NC_000001.11"]) == {}
    assert contig_names(["NC_012920.1"], {"chrM": 16571}) == {}  # the chrM of hg19 is another sequence


def test_contigs_outside_the_chromosomes() -> None:
    wanted = ["chr1_KI270706v1_random", "chrUn_GL000220v1", "chr1_KI270762v1_alt"]
    ensembl = ["KI270706.1", "GL000220.1", "KI270762.1"]
    assert contig_names(wanted, ensembl) == dict(zip(wanted, ensembl, strict=True))
    assert contig_names(ensembl, wanted) == dict(zip(ensembl, wanted, strict=True))
    assert contig_names(["GL000191.1"], ["chr1_gl000191_random"]) == {"GL000191.1": "chr1_gl000191_random"}
    assert contig_names(["GL000009.2"], ["GL000009.1"]) == {}
