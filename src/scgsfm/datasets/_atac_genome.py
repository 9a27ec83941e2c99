from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from importlib.resources import files


class Region:
    """The sequence of a part of a contig, at its positions in the contig. Other positions are N."""

    def __init__(self, start: int, sequence: str) -> None:
        self.start = start
        self.sequence = sequence

    @property
    def end(self) -> int:
        """End of the known sequence, exclusive."""
        return self.start + len(self.sequence)

    def __len__(self) -> int:
        return self.end

    def __getitem__(self, part: slice) -> str:
        start, end, _ = part.indices(self.end)
        known = self.sequence[max(start - self.start, 0) : max(end - self.start, 0)]
        return known.rjust(max(end - start, 0), "N")

    def __repr__(self) -> str:
        return f"{self.start:,}-{self.end:,}"


class GenomeRegion(Mapping[str, Region]):
    """Parts of contigs, for the argument ``genome`` of functions: one for each contig."""

    def __init__(self, regions: Mapping[str, Region]) -> None:
        self._regions = dict(regions)

    def __getitem__(self, contig: str) -> Region:
        return self._regions[contig]

    def __iter__(self) -> Iterator[str]:
        return iter(self._regions)

    def __len__(self) -> int:
        return len(self._regions)

    def __repr__(self) -> str:
        return f"GenomeRegion({', '.join(f'{contig}:{region!r}' for contig, region in self._regions.items())})"


def atac_genome() -> GenomeRegion:
    """The sequence of the windows of :func:`atac`: 300,000 bases of chromosome 22 of hg38.

    The sequence is embedded in the package. For your own peaks, pass the FASTA file of your genome as ``genome``.

    Returns
    -------
    A mapping from ``"chr22"`` to the sequence, for the argument ``genome`` of :func:`scgsfm.tl.regulatory_activity`,
    :func:`scgsfm.tl.explain_regulation` and :func:`scgsfm.tl.variant_effect`. Positions are those in the chromosome, from
    32,000,000 to 32,300,000; all others are N.

    Examples
    --------
    >>> import scgsfm
    >>> genome = scgsfm.datasets.atac_genome()
    >>> genome["chr22"][32_050_900:32_050_920]
    'GGGCTGGTTGGTGGCCCAGG'
    """
    packed = (files("scgsfm") / "data" / "atac" / "sequence.fa.gz").read_bytes()
    title, sequence = gzip.decompress(packed).decode().split("\n", 1)
    contig, _, positions = title.removeprefix(">").partition(":")
    return GenomeRegion({contig: Region(int(positions.split("-")[0]), sequence.strip())})
