"""The shell command, in process: its output, its files and its errors."""

from __future__ import annotations

import subprocess
import sys

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm.cli import main


@pytest.fixture
def cells(tmp_path):
    """A file of 20 cells."""
    adata = scgsfm.datasets.pbmc()[:20].copy()
    adata.layers["counts"] = adata.X.copy()
    adata.X = adata.X * 0
    path = tmp_path / "cells.h5ad"
    adata.write_h5ad(path)
    return path


@pytest.fixture
def gmt(tmp_path):
    """A file of two sets."""
    path = tmp_path / "sets.gmt"
    path.write_text("T/NK\t\tCD3D\tCD3E\tNKG7\tGNLY\nB\t\tCD79A\tCD79B\tMS4A1\n")
    return path


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"scgsfm {scgsfm.__version__}\n"


def test_without_command(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from scgsfm.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print(sorted({'torch', 'scanpy', 'matplotlib', 'numba'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert all(command in out for command in ("demo", "score", "complete", "models", "download", "train"))
    assert out.endswith("[]\n")


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_score(cells, gmt, tmp_path, capsys, suffix):
    out = tmp_path / f"scored{suffix}"
    assert main(["score", str(cells), "--sets", str(gmt), "-o", str(out), "--layer", "counts"]) == 0
    assert 'obsm["score_aucell"]' in capsys.readouterr().out

    scored = ad.read_zarr(out) if suffix == ".zarr" else ad.read_h5ad(out)
    expected = ad.read_h5ad(cells)
    scgsfm.tl.score(expected, scgsfm.GeneSets(gmt), method="aucell", layer="counts")
    pd.testing.assert_frame_equal(scored.obsm["score_aucell"], expected.obsm["score_aucell"], check_names=False)
    assert scored.obsm["score_aucell"].to_numpy().max() > 0


def test_score_by_library_and_several_methods(cells, tmp_path):
    out = tmp_path / "scored.h5ad"
    arguments = ["--method", "aucell", "gsfm", "--layer", "counts"]
    assert main(["score", str(cells), "--sets", "hallmark", "-o", str(out), *arguments]) == 0
    scored = ad.read_h5ad(out)
    assert scored.obsm["score_aucell"].shape == scored.obsm["score_gsfm"].shape == (20, 50)


def test_complete(tmp_path, capsys):
    genes = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]
    path = tmp_path / "genes.csv"
    assert main(["complete", *genes, "-n", "7"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1 + 7
    assert main(["complete", *genes, "-n", "7", "-o", str(path)]) == 0
    table = pd.read_csv(path)
    assert len(table) == 7
    assert [line.split()[0] for line in printed[1:]] == table["gene"].tolist()


def test_models(capsys):
    assert main(["models"]) == 0
    assert "gsfm-base" in capsys.readouterr().out


def test_download_of_what_is_inside(capsys):
    assert main(["download", "gsfm-base"]) == 0
    assert "gsfm-base" in capsys.readouterr().out


def test_train_hands_over(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["train", "gsfm", "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: scgsfm train gsfm")
    assert "--data" in out


def test_demo(tmp_path, capsys):
    table, figure = tmp_path / "demo.h5ad", tmp_path / "demo.png"
    assert main(["demo", "-o", str(table), "--figure", str(figure)]) == 0
    out = capsys.readouterr().out
    for method in ("aucell", "gsfm"):
        assert f"{method}: 9 of 9 marker sets are highest in their own cells" in out
    adata = ad.read_h5ad(table)
    assert adata.n_obs == 700
    assert adata.obsm["score_gsfm"].shape == adata.obsm["score_aucell"].shape == (700, 9)
    assert np.isfinite(adata.obsm["X_gsfm"]).all()
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["score", "absent.h5ad", "--sets", "hallmark", "-o", "out.h5ad"], "absent.h5ad does not exist"),
        (["score", "cells.csv", "--sets", "hallmark", "-o", "out.h5ad"], "cells.csv ends neither"),
        (["score", "cells.h5ad", "--sets", "hallmark", "-o", "out.csv"], "--output: out.csv ends neither"),
        (["score", "cells.h5ad", "--sets", "no_such_library", "-o", "out.h5ad"], "no_such_library"),
        (["complete", "NOSUCHGENE"], "NOSUCHGENE"),
        (["download", "no/such/folder"], "no/such/folder"),
    ],
)
def test_errors_are_one_line(arguments, told, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    line = error.splitlines()[-1]
    assert line.startswith("scgsfm: error: ")
    assert told in line
    assert "Traceback" not in error
