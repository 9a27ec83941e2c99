from __future__ import annotations

import pytest

import scgsfm
from scgsfm.datasets import atac, atac_genome
from scgsfm.dna import Genome


def test_sequence_at_its_positions() -> None:
    genome = atac_genome()
    assert list(genome) == ["chr22"]
    sequence = genome["chr22"]
    assert len(sequence) == 32_300_000
    assert sequence[31_999_990:32_000_010] == "N" * 10 + sequence[32_000_000:32_000_010]
    assert sequence[100:110] == "N" * 10
    assert len(sequence[32_299_990:40_000_000]) == 10
    assert sequence[5:5] == ""
    assert set(sequence[32_000_000:32_300_000]) == set("ACGT")
    assert repr(genome) == "GenomeRegion(chr22:32,000,000-32,300,000)"


def test_reads_as_a_genome() -> None:
    with Genome.of(atac_genome()) as genome:
        assert genome.lengths == {"chr22": 32_300_000}
        assert genome.sequence("chr22", 32_050_900, 32_050_910) == "GGGCTGGTTG"


def test_all_windows_have_a_sequence_and_variants_a_reference() -> None:
    genome, adata = atac_genome(), atac()[:, :20].copy()
    scgsfm.tl.regulatory_activity(adata, genome=genome)
    assert (adata.var["r3lm_activity_status"] == "ok").all()
    with pytest.warns(UserWarning, match="1 reference differs"):
        table = scgsfm.tl.variant_effect(["chr22:32050901:G:T", "chr22:32050901:A:T"], genome=genome)
    assert table["status"].tolist() == ["ok", "reference differs"]
    with pytest.warns(UserWarning, match="1 contains N"):
        table = scgsfm.tl.variant_effect(["chr22:32050901:G:T", "chr22:32000010:G:T"], genome=genome)
    assert table["status"].tolist() == ["ok", "contains N"]
