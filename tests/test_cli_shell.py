"""The shell: outputs that are never lost, genes from files and pipes, errors in one line, any terminal."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import anndata as ad
import pandas as pd
import pytest

import scgsfm
from scgsfm.cli import main

if TYPE_CHECKING:
    from pathlib import Path

GENES = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """A file of 20 cells."""
    path = tmp_path / "cells.h5ad"
    scgsfm.datasets.pbmc()[:20].write_h5ad(path)
    return path


@pytest.fixture
def gmt(tmp_path: Path) -> Path:
    """A file of two sets."""
    path = tmp_path / "sets.gmt"
    path.write_text("T/NK\t\tCD3D\tCD3E\tNKG7\tGNLY\nB\t\tCD79A\tCD79B\tMS4A1\n")
    return path


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The error line of a command that fails before any work."""
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("scgsfm: error: ")
    return lines[0]


def commands(cells: Path, output: str) -> list[list[str]]:
    """A command for each kind of output."""
    suffix = output.rpartition(".")[2]
    if suffix in ("h5ad", "zarr"):
        score = ["score", str(cells), "--sets", "hallmark", "-o", output]
        return [score, ["annotate", str(cells), "-o", output]]
    return [
        ["complete", *GENES, "-o", output],
        ["enrich", *GENES, "-o", output],
        ["predict", "--sets", "hallmark", "-o", output],
        ["phenotypes", "--rank", "Seizure", "-o", output],
    ]


@pytest.mark.parametrize("suffix", ["h5ad", "zarr", "csv"])
def test_output_is_checked_before_the_work(
    cells: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in commands(cells, str(tmp_path / "none" / f"out.{suffix}")):
        assert "--output: the directory" in refused(command, capsys)
    for command in commands(cells, str(tmp_path / f"out.{suffix}"))[:1]:
        assert "must end in" in refused([*command[:-1], str(tmp_path / "out.doc")], capsys)


def test_output_in_a_directory_that_cannot_be_written(
    cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("scgsfm.cli._outputs.tempfile.TemporaryFile", denied)
    line = refused(commands(cells, str(tmp_path / "out.h5ad"))[0], capsys)
    assert f"--output: {tmp_path} can't be written (Permission denied)" in line


@pytest.mark.parametrize("suffix", ["h5ad", "zarr", "csv"])
def test_existing_output_is_kept(cells: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"out.{suffix}"
    out.write_text("precious")
    for command in commands(cells, str(out)):
        assert "already exists" in refused(command, capsys)
    assert out.read_text() == "precious"


@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
def test_force_replaces_the_output(cells: Path, gmt: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"out.{suffix}"
    getattr(ad.AnnData(obs=pd.DataFrame(index=["old"])), f"write_{suffix}")(out)
    assert main(["score", str(cells), "--sets", str(gmt), "-o", str(out), "--force"]) == 0
    assert getattr(ad, f"read_{suffix}")(out).obsm["score_aucell"].shape == (20, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cells.h5ad", out.name, "sets.gmt"]


def test_directories_are_not_replaced(cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("out.csv", "out.zarr"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "notes.txt").touch()
        for command in commands(cells, str(tmp_path / name)):
            assert "is a directory" in refused([*command, "--force"], capsys)
        assert (tmp_path / name / "notes.txt").exists()


def test_input_is_kept(cells: Path, gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = cells.read_bytes()
    for command in (["score", str(cells), "--sets", str(gmt)], ["annotate", str(cells)]):
        assert "is the input" in refused([*command, "-o", str(cells)], capsys)
    store = tmp_path / "cells.zarr"
    ad.read_h5ad(cells).write_zarr(store)
    command = ["score", str(store), "--sets", str(gmt), "-o", str(store), "--force"]
    assert main(command) == 2
    assert "don't include its X" in capsys.readouterr().err
    assert cells.read_bytes() == before
    assert main(["score", str(cells), "--sets", str(gmt), "-o", str(cells), "--force"]) == 0
    assert "score_aucell" in ad.read_h5ad(cells).obsm


def test_output_of_a_failed_run_is_absent(cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ad.AnnData, "write_h5ad", fails)
    assert main(["score", str(cells), "--sets", "hallmark", "-o", str(tmp_path / "out.h5ad")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["cells.h5ad"]


def test_tables_with_tabs(tmp_path: Path) -> None:
    out = tmp_path / "out.tsv.gz"
    assert main(["complete", *GENES, "-n", "3", "-o", str(out)]) == 0
    assert len(pd.read_csv(out, sep="\t")["gene"]) == 3


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(GENES),
        " ".join(GENES),
        ",".join(GENES),
        "# comment\ngene\n\n" + "\r\n".join(GENES) + "\r\n",
        "gene_name\tlog2FC\n" + "\n".join(f"{gene}\t1.5" for gene in GENES),
        ",baseMean,padj\n" + "\n".join(f'"{gene}",1.5,NA' for gene in GENES),
        '"","x"\n' + "\n".join(f'"{i + 1}","{gene}"' for i, gene in enumerate(GENES)),
        "\n".join(f"{gene}; Gen für {gene}" for gene in GENES).encode("cp1252"),
        "\n".join(GENES).encode("utf-16"),
        "\n".join(GENES).encode("utf-8-sig"),
        pytest.param(gzip.compress("\n".join(GENES).encode(), mtime=0), id="gzip"),
    ],
)
def test_genes_of_a_file(content: str | bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from scgsfm.cli._inputs import read_genes

    raw = content if isinstance(content, bytes) else content.encode()
    path = tmp_path / "genes.txt"
    path.write_bytes(raw)
    assert read_genes([str(path)]) == GENES
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    assert read_genes(["CD3D", "-"]) == ["CD3D", *GENES]


def test_commands_take_genes_from_files_and_pipes(
    gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "genes.txt"
    path.write_text("\n".join(GENES))
    (tmp_path / "terms.txt").write_text("Seizure\nHP:0001083\tEctopia lentis\n")
    for before, after in (
        (["complete"], ["-n", "3"]),
        (["enrich"], ["-n", "3"]),
        (["predict", "--sets", str(gmt)], ["-n", "1"]),
        (["phenotypes"], ["Seizure"]),
    ):
        printed = []
        for genes in (GENES if before != ["phenotypes"] else [str(path)], [str(path)], ["-"]):
            monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
            assert main([*before, *genes, *after]) == 0
            printed.append(capsys.readouterr().out)
        assert printed[0] == printed[1] == printed[2]
    assert main(["phenotypes", "--rank", str(tmp_path / "terms.txt"), "-n", "1"]) == 0
    ranked = capsys.readouterr().out
    assert main(["phenotypes", "--rank", "Seizure", "Ectopia lentis", "-n", "1"]) == 0
    assert capsys.readouterr().out == ranked


def test_sets_of_standard_input(
    gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["embed", "--json", "--sets"]
    assert main([*command, str(gmt)]) == 0
    expected = capsys.readouterr().out
    sets = scgsfm.GeneSets(gmt)
    for raw in (gmt.read_bytes(), json.dumps({name: sets[name] for name in sets}).encode()):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
        assert main([*command, "-"]) == 0
        assert capsys.readouterr().out == expected
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b" \n")))
    assert "--sets: standard input is empty" in refused([*command, "-"], capsys)
    assert "standard input is given twice" in refused(["enrich", "-", "--sets", "-"], capsys)
    monkeypatch.setattr("sys.stdin", None)  # the shell closed it
    assert "Standard input is closed" in refused([*command, "-"], capsys)
    assert "Standard input is closed" in refused(["resolve", "-"], capsys)


def test_question_of_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"Which gene causes\nMarfan syndrome?\n")))
    assert main(["ask", "-", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["question"] == "Which gene causes Marfan syndrome?"
    assert answer["names"] == ["FBN1"]


def test_errors_of_files_of_genes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "genes.txt"
    assert f"{path} does not exist" in refused(["complete", str(path)], capsys)
    assert f"{tmp_path} is a directory" in refused(["complete", str(tmp_path)], capsys)
    path.touch()
    assert f"{path} is empty" in refused(["enrich", str(path)], capsys)
    path.write_bytes(b"PK\x03\x04\x00\x00\x01")
    assert "is not a text file" in refused(["complete", str(path)], capsys)
    path.write_bytes(gzip.compress(os.urandom(999))[:500])
    assert "is a damaged gzip file" in refused(["complete", str(path)], capsys)


def test_damaged_files_are_named(gmt: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cells.h5ad"
    path.write_bytes(b"not HDF5")
    for output in ("out.h5ad", "out.zarr"):
        line = refused(["score", str(path), "--sets", str(gmt), "-o", str(tmp_path / output)], capsys)
        assert f"FILE: {path} can't be read as .h5ad" in line


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (TypeError("an integer is required"), "TypeError: an integer is required (scgsfm -v shows the traceback)"),
        (IndexError(), "IndexError: no message (scgsfm -v shows the traceback)"),
        (ImportError("pip install x"), "pip install x"),
        (EOFError("Compressed file ended"), "a.vcf.gz is cut short or damaged: Compressed file ended."),
        (KeyError("no column 'x'"), "no column 'x'"),
    ],
)
def test_every_error_is_one_line(
    error: Exception, line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("scgsfm.tl.complete_sets", fails)
    assert refused(["complete", "a.vcf", "--model", "a.vcf.gz"], capsys) == f"scgsfm: error: {line}"


def test_interrupt_is_quiet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scgsfm.tl.complete_sets", interrupted)
    assert main(["complete", *GENES]) == 130
    assert capsys.readouterr().err == "scgsfm: interrupted\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["enrich", *GENES, "--model", "gsfm-base"], "--model requires --mode gsfm"),
        (["enrich", *GENES, "--groupby", "x"], "requires AnnData"),
        (["enrich", *GENES, "--layer", "x"], "requires AnnData"),
        (["enrich", *GENES, "--gene-symbols", "x"], "requires AnnData"),
        (["phenotypes", "SCN1A", "Seizure", "-n", "3", "-o", "never.csv"], "-n limits printed evidence"),
    ],
)
def test_options_that_do_not_apply_are_refused(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(arguments, capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["complete", "CD3D", "-n", "0"],
        ["enrich", "CD3D", "-n", "-3"],
        ["ask", "what", "-n", "many"],
        ["predict", "CD3D", "--min-probability", "1.2"],
    ],
)
def test_numbers_out_of_range(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert "must be" in capsys.readouterr().err


def test_number_of_terms_in_a_file(tmp_path: Path) -> None:
    out = tmp_path / "terms.csv"
    assert main(["enrich", *GENES, "-n", "4", "-o", str(out)]) == 0
    assert len(pd.read_csv(out)) == 4
    assert main(["phenotypes", "--rank", "Seizure", "-n", "4", "--force", "-o", str(out)]) == 0
    assert len(pd.read_csv(out)) == 4


def test_former_name_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["relation", "SCN1A", "Seizure", "-n", "1"]) == 0
    assert "SCN1A" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "relation" not in capsys.readouterr().out


def shell(*arguments: str, **env: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "scgsfm.cli", *arguments]
    return subprocess.Popen(command, env=os.environ | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_broken_pipe_is_quiet() -> None:
    pytest.importorskip("torch")
    with shell("predict", "--sets", "hallmark", "CD3D", "CD19") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read().decode()
    assert process.returncode == 141
    assert "roken" not in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("encoding", ["ascii", "cp437", "utf-8"])
def test_any_terminal(encoding: str) -> None:
    with shell("phenotypes", "SCN1A", "Seizure", "-n", "1", PYTHONIOENCODING=encoding) as process:
        out, _ = process.communicate()
    assert process.returncode == 0
    dash = "–" if encoding == "utf-8" else "-"
    assert out.decode(encoding).startswith(f"SCN1A {dash} Seizure")


def test_warnings_are_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import warnings

    def warns(*_: object, **__: object) -> pd.DataFrame:
        warnings.showwarning = show  # type: ignore[assignment]
        warnings.warn("two\nlines", UserWarning, stacklevel=1)
        return pd.DataFrame({"set": ["a"]})

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno))

    monkeypatch.setattr(warnings, "showwarning", show)
    monkeypatch.setattr("scgsfm.tl.complete_sets", warns)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["complete", *GENES]) == 0
    assert "scgsfm: warning: two lines\n" in capsys.readouterr().err


def test_outputs_of_regulatory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fasta, out = tmp_path / "a.fa", tmp_path / "out.csv"
    fasta.write_text(">a\n" + "ACGTTGCAGT" * 20 + "\n")
    motifs = tmp_path / "out.motifs.csv"
    motifs.write_text("precious")
    assert "already exists" in refused(["regulatory", str(fasta), "--explain", "-o", str(out)], capsys)
    assert motifs.read_text() == "precious"
    assert "--output: the directory" in refused(["regulatory", str(fasta), "-o", str(tmp_path / "none/o.csv")], capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gpgpt", "--stage", "2", "--base", "x", "--layers", "3"], "--layers is for a model from scratch"),
        (["gpgpt", "--stage", "2", "--base", "x", "--infill", "0.1"], "--infill is for --stage 1"),
        (["gpgpt", "--stage", "1", "--rank", "3"], "--rank is for adapters"),
        (["gpgpt", "--stage", "1", "--no-merged"], "--no-merged is for adapters"),
    ],
)
def test_settings_of_training_that_do_not_apply(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    line = refused(["train", *arguments, "--data", "none", "-o", str(tmp_path / "out")], capsys)
    assert message in line
    assert not (tmp_path / "out").exists()


def test_trained_model_is_not_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    (tmp_path / "config.json").write_text("{}")
    options = ["--stage", "1", "--base", "x", "--data", "none", "--cell-types", "a", "-o", str(tmp_path)]
    assert "contains config.json" in refused(["train", "r3lm", *options], capsys)
    options = ["--data", "none", "-o", str(tmp_path / "config.json")]
    assert "is a file" in refused(["train", "gsfm", *options], capsys)
