from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def contigs() -> dict[str, str]:
    """Sequences with lower case and a gap."""
    rng = np.random.default_rng(0)
    texts = ("".join(rng.choice(list("ACGT"), n)) for n in (1000, 600, 350, 120))
    one, two, mt, short = texts
    return {
        "chr1": one[:400].lower() + one[400:],
        "chr2": two[:300] + "N" * 20 + two[320:],
        "chrM": mt,
        "chr1-alt_9": short,
    }


def write_fasta(path: Path, contigs: dict[str, str], width: int = 60) -> Path:
    lines = []
    for name, text in contigs.items():
        lines += [f">{name} about", *(text[i : i + width] for i in range(0, len(text), width))]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def fasta(contigs: dict[str, str], tmp_path: Path) -> Path:
    pytest.importorskip("pyfaidx")
    return write_fasta(tmp_path / "genome.fa", contigs)
