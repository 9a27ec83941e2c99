"""The command line interface: its output, files and errors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import scgsfm
from scgsfm.cli import main
from scgsfm.cli._registry import SUMMARIES
from scgsfm.cli._stream import PartialOutput

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """A file of 20 cells."""
    adata = scgsfm.datasets.pbmc()[:20].copy()
    adata.layers["counts"] = adata.X.copy()
    adata.X = adata.X * 0
    path = tmp_path / "cells.h5ad"
    adata.write_h5ad(path)
    return path


@pytest.fixture
def gmt(tmp_path: Path) -> Path:
    """A file of two sets."""
    path = tmp_path / "sets.gmt"
    path.write_text("T/NK\t\tCD3D\tCD3E\tNKG7\tGNLY\nB\t\tCD79A\tCD79B\tMS4A1\n")
    return path


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"scgsfm {scgsfm.__version__}\n"


def test_without_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    printed = capsys.readouterr().err
    assert [command for command in SUMMARIES if f"  {command} " not in printed] == []


def test_score_to_h5ad(cells: Path, gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "scored.h5ad"
    assert main(["score", str(cells), "--sets", str(gmt), "-o", str(out), "--layer", "counts"]) == 0
    assert 'obsm["score_aucell"]' in capsys.readouterr().out
    scored, expected = ad.read_h5ad(out), ad.read_h5ad(cells)
    scgsfm.tl.score(expected, scgsfm.GeneSets(gmt), method="aucell", layer="counts")
    pd.testing.assert_frame_equal(scored.obsm["score_aucell"], expected.obsm["score_aucell"], check_names=False)
    assert scored.obsm["score_aucell"].to_numpy().max() > 0


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 3 cells."""
    monkeypatch.setattr("scgsfm.scoring.engine._reader.CELLS_ON_DISK", 3)


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_matrix.toarray])
def test_score_to_zarr(
    cells: Path,
    gmt: Path,
    tmp_path: Path,
    suffix: str,
    make: Callable[..., Any],
    small_blocks: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scgsfm.scoring._plan.FEW_RANKS", 10**6)
    adata = ad.read_h5ad(cells)
    adata.X = make(adata.layers["counts"])
    adata.obsm["X_umap"] = np.random.default_rng(0).random((20, 2))
    adata.uns["colours"] = np.array(["red", "blue"])
    file, out = tmp_path / f"in{suffix}", tmp_path / "out.zarr"
    getattr(adata, f"write_{suffix[1:]}")(file)
    assert main(["score", str(file), "--sets", str(gmt), "-o", str(out), "--method", "aucell", "ulm"]) == 0
    (line,) = [record.getMessage() for record in caplog.records if record.name == "scgsfm"]
    assert line.startswith("added 'score_aucell', 'score_ulm' to .obsm (2 sets; 100 % of genes matched; ")
    assert "counts were log-normalized for this; aucell used the highest " in line

    scored = ad.read_zarr(out)
    assert scored.X is None
    assert not scored.layers
    pd.testing.assert_frame_equal(scored.obs, adata.obs, check_names=False)
    pd.testing.assert_frame_equal(scored.var, adata.var, check_names=False)
    np.testing.assert_array_equal(scored.obsm["X_umap"], adata.obsm["X_umap"])
    assert list(scored.uns["colours"]) == ["red", "blue"]
    scgsfm.tl.score(adata, scgsfm.GeneSets(gmt), method=["aucell", "ulm"])
    for key in ("score_aucell", "score_ulm", "padj_ulm"):
        np.testing.assert_array_equal(scored.obsm[key], adata.obsm[key].to_numpy(np.float32))
    assert list(scgsfm.get.scores(scored, "ulm")) == ["T/NK", "B"]
    assert not list(tmp_path.glob("*.part"))


class Killed(BaseException):
    """Comes between two blocks."""


@pytest.fixture
def stopped(cells: Path, gmt: Path, tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Arguments of a run that was killed after the third of seven blocks."""
    arguments = ["score", str(cells), "--sets", str(gmt), "-o", str(tmp_path / "out.zarr"), "--layer", "counts"]
    tell = PartialOutput.save_progress

    def killed(self: PartialOutput, n_done: int) -> None:
        tell(self, n_done)
        if n_done == 9:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(PartialOutput, "save_progress", killed)
        with pytest.raises(Killed):
            main(arguments)
    assert not (tmp_path / "out.zarr").exists()
    return arguments


def test_interrupted_run_is_resumed(
    stopped: list[str], cells: Path, gmt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = []
    tell = PartialOutput.save_progress
    monkeypatch.setattr(PartialOutput, "save_progress", lambda self, n_done: (tell(self, n_done), saved.append(n_done)))
    assert main(stopped) == 0
    assert saved == [12, 15, 18, 20]
    expected = ad.read_h5ad(cells)
    scgsfm.tl.score(expected, scgsfm.GeneSets(gmt), layer="counts")
    scored = ad.read_zarr(tmp_path / "out.zarr")
    np.testing.assert_array_equal(scored.obsm["score_aucell"], expected.obsm["score_aucell"].to_numpy(np.float32))


def test_other_run_is_not_resumed(
    stopped: list[str], cells: Path, gmt: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gmt.write_text(gmt.read_text() + "C\t\tLYZ\tS100A8\n")
    assert main(stopped) == 2
    assert "belongs to another run, which differs in: sets. Delete it" in capsys.readouterr().err
    adata = ad.read_h5ad(cells)
    adata.layers["counts"].data *= 2
    adata.write_h5ad(cells)
    assert main([*stopped, "--method", "ulm"]) == 2
    assert "differs in: values, sets, methods." in capsys.readouterr().err


def test_run_killed_before_its_first_block_starts_again(cells: Path, gmt: Path, tmp_path: Path) -> None:
    part = tmp_path / "out.zarr.part"
    part.mkdir()
    (part / "cells.zarr").mkdir()
    assert main(["score", str(cells), "--sets", str(gmt), "-o", str(tmp_path / "out.zarr")]) == 0
    assert not part.exists()


def test_interrupted_run_reports_how_to_resume(
    cells: Path, gmt: Path, tmp_path: Path, small_blocks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: PartialOutput, n_done: int) -> None:
        self.n_done = n_done
        if n_done == 6:
            raise KeyboardInterrupt

    monkeypatch.setattr(PartialOutput, "save_progress", interrupted)
    with pytest.raises(SystemExit, match="Stopped after 6 of 20 cells. Run the same command to resume"):
        main(["score", str(cells), "--sets", str(gmt), "-o", str(tmp_path / "out.zarr")])


def test_existing_output_is_kept(cells: Path, gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out.zarr").mkdir()
    assert main(["score", str(cells), "--sets", str(gmt), "-o", str(tmp_path / "out.zarr")]) == 2
    assert "already exists" in capsys.readouterr().err


def test_missing_layer(cells: Path, gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["score", str(cells), "--sets", str(gmt), "-o", str(tmp_path / "out.zarr"), "--layer", "scaled"]
    assert main(arguments) == 2
    assert "--layer: 'scaled' is not in .layers of" in capsys.readouterr().err


def test_score_with_a_library_and_several_methods(cells: Path, tmp_path: Path) -> None:
    out = tmp_path / "scored.h5ad"
    arguments = ["--method", "aucell", "gsfm", "--layer", "counts"]
    assert main(["score", str(cells), "--sets", "hallmark", "-o", str(out), *arguments]) == 0
    scored = ad.read_h5ad(out)
    assert scored.obsm["score_aucell"].shape == scored.obsm["score_gsfm"].shape == (20, 50)


def test_complete(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    genes = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]
    path = tmp_path / "genes.csv"
    assert main(["complete", *genes, "-n", "7"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1 + 7
    assert main(["complete", *genes, "-n", "7", "-o", str(path)]) == 0
    table = pd.read_csv(path)
    assert len(table) == 7
    assert [line.split()[0] for line in printed[1:]] == table["gene"].tolist()
    assert main(["complete", *genes, "-n", "7", "--kind", "cell type"]) == 0
    assert capsys.readouterr().out.splitlines() != printed


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_predict_a_library(gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str) -> None:
    if suffix == ".parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"predicted{suffix}"
    assert main(["predict", "--sets", str(gmt), "-n", "7", "-o", str(path)]) == 0
    assert "14 gene-term pairs" in capsys.readouterr().out
    table = pd.read_parquet(path) if suffix == ".parquet" else pd.read_csv(path)
    expected = scgsfm.tl.predict_functions(library=gmt, by="term", n_top=7)
    pd.testing.assert_frame_equal(table, expected, check_dtype=suffix == ".parquet", rtol=1e-4)
    assert list(tmp_path.glob("part-of*")) == []


def test_predict_genes(gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "genes.csv"
    assert main(["predict", "--sets", str(gmt), "CD3D", "CD19", "-o", str(path)]) == 0
    capsys.readouterr()
    table = pd.read_csv(path)
    assert table["gene"].tolist() == ["CD3D", "CD3D", "CD19", "CD19"]
    assert table["term"].tolist() == ["T/NK", "B", "B", "T/NK"]
    assert main(["predict", "--sets", str(gmt), "CD3D", "CD19", "--new"]) == 0
    printed = [line.split()[:2] for line in capsys.readouterr().out.splitlines()[1:]]
    assert printed == [["CD3D", "B"], ["CD19", "B"], ["CD19", "T/NK"]]
    options = ["--by", "term", "--min-probability", "0.01", "--force", "-o", str(path)]
    assert main(["predict", "--sets", str(gmt), "CD3D", "CD19", *options]) == 0
    assert pd.read_csv(path)[["term", "gene"]].to_numpy().tolist() == [["T/NK", "CD3D"], ["B", "CD19"]]


def test_predict_parquet_without_pyarrow(
    gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["predict", "--sets", str(gmt), "-o", str(tmp_path / "out.parquet")]) == 2
    assert "pip install pyarrow" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sets.gmt"]


def test_enrich_genes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    genes = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]
    path = tmp_path / "terms.csv"
    assert main(["enrich", *genes, "-n", "3"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 1 + 3
    assert "INTERFERON" in printed[1]
    assert main(["enrich", *genes, "-o", str(path)]) == 0
    expected = scgsfm.tl.enrich(genes)
    pd.testing.assert_frame_equal(pd.read_csv(path, keep_default_na=False), expected, check_dtype=False)


@pytest.mark.parametrize(("suffix", "header"), [(".csv", "gene,value\n"), (".rnk", ""), (".tsv", "# comment\n")])
def test_enrich_ranking(tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str, header: str) -> None:
    genes = scgsfm.datasets.library("hallmark").genes
    values = np.random.default_rng(0).normal(size=len(genes)).round(6)
    path = tmp_path / f"ranking{suffix}"
    lines = [f"{gene}{',' if suffix == '.csv' else chr(9)}{value}" for gene, value in zip(genes, values, strict=True)]
    path.write_text(header + "\n".join(lines))
    out = tmp_path / "terms.csv"
    assert main(["enrich", str(path), "-o", str(out)]) == 0
    expected = scgsfm.tl.enrich(pd.Series(values, genes))
    np.testing.assert_allclose(pd.read_csv(out)["pvalue"], expected["pvalue"])


def test_phenotypes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phenotypes", "SCN1A", "Seizure", "Ectopia lentis", "-n", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "SCN1A – Seizure (HP:0001250): known, probability 1"
    assert lines[3].startswith("  and ")
    assert lines[4].startswith("SCN1A – Ectopia lentis (HP:0001083): predicted")
    assert "medical advice" in lines[-1]
    path = tmp_path / "genes.csv"
    terms = ["Ectopia lentis", "Arachnodactyly"]
    assert main(["phenotypes", "--rank", *terms, "--excluded", "Seizure", "-o", str(path)]) == 0
    expected = scgsfm.tl.rank_genes(terms, excluded=["Seizure"])
    pd.testing.assert_frame_equal(pd.read_csv(path, keep_default_na=False), expected, check_dtype=False)
    assert main(["phenotypes", "--rank", *terms, "-n", "3"]) == 0
    assert "FBN1" in capsys.readouterr().out


def test_enrich_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adata = scgsfm.datasets.pbmc()[:200].copy()
    adata.obs["group"] = ["a", "b"] * 100
    adata.layers["log"] = np.log1p(adata.X)
    cells = tmp_path / "cells.h5ad"
    adata.write_h5ad(cells)
    out = tmp_path / "terms.csv"
    options = ["--groupby", "group", "--mode", "ranked", "--layer", "log", "--sets", "hallmark"]
    assert main(["enrich", str(cells), *options, "-o", str(out)]) == 0
    assert pd.read_csv(out)["group"].unique().tolist() == ["a", "b"]


def test_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adata = scgsfm.datasets.pbmc()[:300].copy()
    adata.obs["donor"] = [f"d{i % 6}" for i in range(300)]
    adata.obs["group"] = ["a" if i % 6 < 3 else "b" for i in range(300)]
    scgsfm.tl.score(adata, "hallmark")
    cells, out = tmp_path / "cells.h5ad", tmp_path / "compared.csv"
    adata.write_h5ad(cells)
    design = ["--condition", "group", "--sample", "donor", "--reference", "b"]
    assert main(["compare", str(cells), *design, "-o", str(out)]) == 0
    scgsfm.tl.compare(adata, "hallmark", condition="group", sample="donor", reference="b")
    pd.testing.assert_frame_equal(pd.read_csv(out), scgsfm.get.compare(adata), check_dtype=False)
    capsys.readouterr()
    assert main(["compare", str(cells), *design, "--scores", "score_aucell", "-n", "2"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["set", "condition", "effect", "standardized_effect", "t", "df", "pvalue", "padj"]
    assert len(printed) == 3
    assert main(["compare", str(cells), "--condition", "group", "--sample", "doner"]) == 2
    assert "--sample: 'doner' is not in .obs" in capsys.readouterr().err
    assert main(["compare", str(cells), *design, "--scores", "score_ulm"]) == 2
    assert "--scores" in capsys.readouterr().err


def test_models(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    assert "gsfm-base" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["gsfm-base", "gpgpt-mini", "r3lm-mini"])
def test_download_of_an_embedded_model(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "gpgpt-mini":
        pytest.importorskip("transformers")
    assert main(["download", name]) == 0
    out = capsys.readouterr().out
    assert name in out
    assert "on cpu; cache directory" in out


def test_train_shows_the_help_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", "gsfm", "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert out.startswith("usage: scgsfm train gsfm")
    assert "--data" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "absent.h5ad", "--sets", "hallmark", "-o", "out.h5ad"], "absent.h5ad does not exist"),
        (["score", "cells.csv", "--sets", "hallmark", "-o", "out.h5ad"], "cells.csv must end in"),
        (["score", "cells.h5ad", "--sets", "hallmark", "-o", "out.csv"], "--output: out.csv must end in"),
        (["enrich", "CD3D", "--sets", "no_such_library"], "no_such_library"),
        (["complete", "NOSUCHGENE"], "NOSUCHGENE"),
        (["complete", "CD3D", "--kind", "cells"], "but must be 'functional module', "),
        (["predict", "--sets", "hallmark"], "--output is required for predictions of all genes"),
        (["predict", "--sets", "hallmark", "-o", "out.txt"], "out.txt must end in"),
        (["download", "no/such/folder"], "no/such/folder"),
        (["enrich", "absent.csv"], "absent.csv does not exist"),
        (["phenotypes", "SCN1A"], "Give a gene and at least one phenotype"),
        (["phenotypes", "SCN1A", "Hypetension"], "Did you mean"),
        (["phenotypes", "SCN1A", "Seizure", "--excluded", "Fever"], "--excluded requires --rank"),
        (["enrich", "ISG15", "MX1", "--mode", "ranked"], "needs a ranking"),
    ],
)
def test_errors_are_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    line = error.splitlines()[-1]
    assert line.startswith("scgsfm: error: ")
    assert message in line
    assert "Traceback" not in error


def test_annotate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scgsfm.datasets.pbmc().write_h5ad(tmp_path / "cells.h5ad")
    options = ["--sets", "pbmc_markers", "--groupby", "cell_type", "-o", str(tmp_path / "out.zarr")]
    assert main(["annotate", str(tmp_path / "cells.h5ad"), *options]) == 0
    adata = ad.read_zarr(tmp_path / "out.zarr")
    assert (adata.obs["annotation"].astype(str) == adata.obs["cell_type"].astype(str)).mean() > 0.9
    out = capsys.readouterr().out
    assert "700 cells" in out
    assert f"{(adata.obs['annotation'] == 'NK').sum():8,}  NK" in out


def test_errors_of_annotate(cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["annotate", str(cells), "-o", str(tmp_path / "out.csv")]) == 2
    assert "--output" in capsys.readouterr().err
    assert main(["annotate", str(tmp_path / "none.h5ad"), "-o", str(tmp_path / "out.h5ad")]) == 2
    assert "does not exist" in capsys.readouterr().err
    assert main(["annotate", str(cells), "--tissue", "moon", "-o", str(tmp_path / "out.h5ad")]) == 2
    assert "Unknown `tissue` 'moon'" in capsys.readouterr().err
