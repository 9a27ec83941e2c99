from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scgsfm.dna import Genome, Variant, alleles, read_variants, reverse_complement

if TYPE_CHECKING:
    from typing import Any


def test_alleles_are_centered(contigs: dict[str, str]) -> None:
    text = contigs["chr1"].upper()
    ref = text[500]
    alt = "A" if ref != "A" else "C"
    rows = [
        Variant("1", 501, ref, alt),
        Variant("chr1", 501, ref, ref + "TTT"),
        Variant("chr1", 501, text[500:520], ref),
        Variant("chr1", 3, text[2], alt),
        Variant("chr9", 3, "A", "C"),
        Variant("chr1", 2000, "A", "C"),
        Variant("chr2", 290, contigs["chr2"][289], "AT"),
        Variant("chr1-alt_9", 50, contigs["chr1-alt_9"][49], "AT"),
        Variant("chr1", 501, ref, "A" * 201),
        Variant("chr1", 400, text[399:700], "A"),
    ]
    pairs = alleles(rows, Genome(contigs), 200)
    assert [pair.status for pair in pairs] == [
        *["ok"] * 4,
        "unknown contig",
        "out of bounds",
        "contains N",
        "out of bounds",
        *["longer than the window"] * 2,
    ]
    assert pairs[0][2:4] == (text[401:601], text[401:500] + alt + text[501:601])
    assert pairs[1][2:4] == (text[401:601], text[402:500] + ref + "TTT" + text[501:599])
    assert pairs[2][2:4] == (text[410:610], text[401:500] + ref + text[520:620])
    assert pairs[3][2:4] == (text[:200], text[:2] + alt + text[3:200])


def test_spans_are_what_differs_and_what_is_shared(contigs: dict[str, str]) -> None:
    text = contigs["chr1"].upper()
    substitution, insertion, deletion = alleles(
        [
            Variant("chr1", 501, text[500], "A" if text[500] != "A" else "C"),
            Variant("chr1", 501, text[500], text[500] + "TTT"),
            Variant("chr1", 501, text[500:520], text[500]),
        ],
        Genome(contigs),
        200,
    )
    assert substitution.reference_span == substitution.alternative_span == (0, 99, 100, 200)
    assert insertion.reference_span == (1, 100, 100, 198)
    assert insertion.alternative_span == (0, 99, 102, 200)
    for pair in (insertion, deletion):
        for sequence, span in zip(pair[2:4], pair[4:], strict=True):
            shared = sequence[span.first : span.start] + sequence[span.end : span.last]
            assert (
                shared
                == pair.reference[pair.reference_span.first : pair.reference_span.start]
                + (pair.reference[pair.reference_span.end : pair.reference_span.last])
            )
    assert deletion.reference_span.end - deletion.reference_span.start == 19
    assert deletion.alternative_span.end == deletion.alternative_span.start


@pytest.mark.parametrize(
    ("text", "ref", "alt", "changed"),
    [
        ("chr1:g.501_503del", (500, 503), "-", ""),
        ("chr1:g.501del", (500, 501), "-", ""),
        ("chr1:g.501_503dup", None, (500, 503), (500, 503, 2)),
        ("chr1:g.501_502insGATT", None, "GATT", "GATT"),
        ("chr1:g.501_503delinsGG", (500, 503), "GG", "GG"),
        ("chr1:501:-:GATT", None, "GATT", "GATT"),
    ],
)
def test_alleles_that_the_genome_gives(contigs: dict[str, str], text: str, ref: Any, alt: Any, changed: Any) -> None:
    bases = contigs["chr1"].upper()
    of_genome = lambda given: bases[slice(*given)] if isinstance(given, tuple) else given or "-"
    pair = alleles(read_variants([text]), Genome(contigs), 200)[0]
    assert pair.status == "ok"
    assert (pair.variant.ref, pair.variant.alt) == (of_genome(ref), of_genome(alt))
    if text.endswith("dup"):
        assert bases[480:503] + bases[500:503] + bases[503:520] in pair.alternative
    else:
        start = 501 if ref is None else ref[0]
        end = 501 if ref is None else ref[1]
        assert bases[480:start] + changed + bases[end:520] in pair.alternative


def test_inversion(contigs: dict[str, str]) -> None:
    pair = alleles(read_variants(["chr1:g.501_504inv"]), Genome(contigs), 200)[0]
    assert pair.variant.alt == reverse_complement(contigs["chr1"][500:504])
    beyond = alleles(
        read_variants(["chr1:g.501_504del", "chr1:g.998_1002del", "chr1:g.1_300del"]), Genome(contigs), 200
    )
    assert [one.status for one in beyond] == ["ok", "out of bounds", "longer than the window"]


def test_reference_that_differs(contigs: dict[str, str]) -> None:
    """A single one has a status; if most differ, the genome is that of another build."""
    text = contigs["chr1"].upper()
    wrong = "A" if text[500] != "A" else "C"
    other = Variant("chr1", 502, text[501], "G" if text[501] != "G" else "T")
    pairs = alleles([Variant("chr1", 501, wrong, "G"), other], Genome(contigs), 200)
    assert [pair.status for pair in pairs] == ["reference differs", "ok"]
    with pytest.raises(ValueError, match=f"1 of 1 variants.*has {wrong}, the genome {text[500]}"):
        alleles([Variant("chr1", 501, wrong, "G")], Genome(contigs), 200)
    with pytest.raises(ValueError, match="8 of 12 variants"):
        alleles([Variant("chr1", 501, wrong, "G")] * 8 + [other] * 4, Genome(contigs), 200)
