from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from scgsfm.drugs import installed_signatures, open_signatures, update_signatures

if TYPE_CHECKING:
    from pathlib import Path

UP = "vorinostat@MCF7#1e-05M_1\t100\tTP53\tMDM2\tCDKN1A\nmetformin@PC3#1e-05M_2\t100\tACTB\tGAPDH\n"
DOWN = "vorinostat@MCF7#1e-05M_1\t100\tMYC\tCCNB1\tMDM2\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    up, down = tmp_path / "up.gmt", tmp_path / "down.gmt.gz"
    up.write_text(UP)
    with gzip.open(down, "wt") as file:
        file.write(DOWN)
    return up, down


def test_an_index_is_built_installed_and_opened(files: tuple[Path, Path]) -> None:
    up, down = files
    built = update_signatures([up], [down], name="mine", version="1", licence="CC0")
    assert (built.n_signatures, built.n_compounds, built.n_unpaired) == (2, 2, 1)
    assert list(installed_signatures()) == ["mine"]
    for index in (open_signatures("mine"), open_signatures(built.path)):
        assert index.signatures["compound"].tolist() == ["vorinostat", "metformin"]
        assert index.signatures["cell"].tolist() == ["MCF7", "PC3"]
        assert index.signatures["drugbank"].tolist() == ["DB02546", "DB00331"]
        assert index.sources["up"]["licence"] == "CC0"
        row = pd.Series(index.weights[0].toarray().ravel(), index.genes)
        assert row[row != 0].to_dict() == {"TP53": 1, "CDKN1A": 1, "MYC": -1, "CCNB1": -1}  # MDM2 rises and falls
    first = built.path.read_bytes()
    update_signatures([up], [down], name="mine", version="1", licence="CC0")
    assert built.path.read_bytes() == first


def test_sets_with_directions_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "both.gmt"
    lines = [
        "Aspirin-up\tdrug:1\tTP53\tMYC",
        "Aspirin-dn\tdrug:1\tACTB",
        "Aspirin-up\tdrug:2\tGAPDH",
        "Aspirin-dn\tdrug:2\tMYC",
    ]
    file.write_text("\n".join(lines))
    update_signatures(both=[file], name="creeds", source=["CREEDS"])
    index = open_signatures("creeds")
    assert len(index) == 2
    assert index.signatures["source"].tolist() == ["CREEDS", "CREEDS"]
    assert np.diff(index.weights.indptr).tolist() == [3, 2]


def test_errors(files: tuple[Path, Path], tmp_path: Path) -> None:
    up, down = files
    with pytest.raises(ValueError, match="same number"):
        update_signatures([up], [], name="a")
    with pytest.raises(ValueError, match="not be 'bundled'"):
        update_signatures([up], [down], name="bundled")
    with pytest.raises(ValueError, match="Give GMT files"):
        update_signatures(name="a")
    other = tmp_path / "other.gmt"
    other.write_text("x\t\tTP53\n")
    with pytest.raises(ValueError, match="no set of the same name"):
        update_signatures([up], [other], name="a")
    with pytest.raises(ValueError, match="no set whose name ends"):
        update_signatures(both=[other], name="a")
    with pytest.raises(FileNotFoundError, match="bundled"):
        open_signatures("bundle")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"nothing")
    with pytest.raises(ValueError, match="not an index"):
        open_signatures(broken)
    with pytest.raises(ValueError, match="without the columns gene"):
        open_signatures(pd.DataFrame({"compound": ["a"], "weight": [1]}))
    assert not installed_signatures()
