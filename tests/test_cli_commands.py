"""The commands that list, resolve and embed, and what all commands share: names, help, JSON, messages and threads."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm.cli import main
from scgsfm.cli._parser import build_parser, parse
from scgsfm.cli._registry import SUMMARIES
from scgsfm.cli._tables import fitted

if TYPE_CHECKING:
    from pathlib import Path

TOP = build_parser()
GENES = ["ISG15", "IFIT1", "IFIT3", "MX1", "OAS1"]
HEAVY = ("anndata", "h5py", "matplotlib", "numba", "numpy", "pandas", "scanpy", "scipy", "torch", "zarr")


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """A file of 20 cells with counts in X, a layer and raw."""
    adata = scgsfm.datasets.pbmc()[:20].copy()
    adata.layers["double"] = adata.X * 2
    adata.raw = adata
    path = tmp_path / "cells.h5ad"
    adata.write_h5ad(path)
    return path


def records(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, object]]:
    """What a command prints with ``--json``."""
    assert main([*arguments, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert isinstance(printed, list)
    return printed


def stopped(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The first line of the message about wrong arguments."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    return capsys.readouterr().err.splitlines()[0]


def test_libraries(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found = pd.DataFrame(records(capsys, "libraries")).set_index("name")
    expected = scgsfm.datasets.libraries()
    assert found["n_sets"].to_dict() == expected["n_sets"].to_dict()
    assert main(["libraries", "-o", str(tmp_path / "libraries.tsv")]) == 0
    assert pd.read_csv(tmp_path / "libraries.tsv", sep="\t")["name"].tolist() == expected.index.tolist()


def test_methods(capsys: pytest.CaptureFixture[str]) -> None:
    assert [record["method"] for record in records(capsys, "methods")] == list(scgsfm.methods().index)
    assert main(["methods", "ucell"]) == 0
    assert "max_rank=1500" in capsys.readouterr().out
    assert main(["methods", "ucell", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"]["max_rank"] == 1500
    assert main(["methods", "ucel"]) == 2
    assert "Did you mean 'ucell'" in capsys.readouterr().err


def test_resolve(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    names = ["TP53", "SEPT9", "Ptprc", "CAP", "NOSUCHGENE"]
    found = records(capsys, "resolve", *names)
    assert [one["symbol"] for one in found] == ["TP53", "SEPTIN9", "PTPRC", "", ""]
    assert [one["status"] for one in found] == ["approved", "previous", "ortholog", "ambiguous", "unknown"]
    (tmp_path / "genes.txt").write_text("\n".join(names))
    assert records(capsys, "resolve", str(tmp_path / "genes.txt")) == found
    assert [one["name"] for one in records(capsys, "resolve", *names, "--unresolved")] == ["CAP", "NOSUCHGENE"]
    assert main(["resolve", "cd4", "--organism", "human"]) == 0
    assert capsys.readouterr().out.split()[3:] == ["cd4", "CD4", "approved"]
    assert main(["resolve", "cd4", "--organism", "marsian"]) == 2
    assert "marsian" in capsys.readouterr().err


def test_embed_cells(cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.h5ad"
    options = ["--kind", "latent", "--n-genes", "50", "--layer", "double", "--key-added", "mine"]
    assert main(["embed", str(cells), "-o", str(out), *options]) == 0
    assert 'obsm["mine"]' in capsys.readouterr().out
    expected = ad.read_h5ad(cells)
    scgsfm.tl.embed_cells(expected, kind="latent", n_genes=50, layer="double")
    np.testing.assert_allclose(ad.read_h5ad(out).obsm["mine"], expected.obsm["X_gsfm"], rtol=1e-5, atol=1e-6)


def test_embed_cells_by_principal_components(cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.h5ad"
    assert main(["embed", str(cells), "-o", str(out), "--kind", "pca", "--n-comps", "5"]) == 0
    assert "5 dimensions" in capsys.readouterr().out
    assert ad.read_h5ad(out).obsm["X_gsfm"].shape[1] == 5
    assert main(["embed", str(cells), "-o", str(tmp_path / "other.h5ad"), "--n-comps", "5"]) == 2
    assert "no effect without --kind pca" in capsys.readouterr().err


def test_embed_genes_and_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "genes.csv"
    assert main(["embed", "CD3D", "MS4A1", "-o", str(out), "--kind", "decoder"]) == 0
    assert capsys.readouterr().out == f"{out}: 2 rows\n"
    table = pd.read_csv(out, index_col="gene")
    adata = scgsfm.datasets.pbmc()[:, ["CD3D", "MS4A1"]].copy()
    scgsfm.tl.embed_genes(adata, kind="decoder")
    np.testing.assert_allclose(table.loc[["CD3D", "MS4A1"]], adata.varm["gsfm"], rtol=1e-5)
    gmt = tmp_path / "sets.gmt"
    gmt.write_text("T\t\tCD3D\tCD3E\nB\t\tCD79A\tMS4A1\n")
    found = pd.DataFrame(records(capsys, "embed", "--sets", str(gmt))).set_index("set")
    pd.testing.assert_frame_equal(found, scgsfm.tl.embed_sets(gmt), check_dtype=False, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["embed"], "Give either cells"),
        (["embed", "CD3D", "--sets", "hallmark"], "Give either cells"),
        (["embed", "CD3D"], "--output is required"),
        (["embed", "cells.h5ad"], "--output is required for cells"),
        (["embed", "CD3D", "--kind", "latent", "--json"], "'latent' is no kind of genes"),
        (["embed", "CD3D", "--layer", "x", "--use-raw", "--json"], "--layer, --use-raw: no effect on genes"),
        (["train", "gsfm", "--data", "no-such-folder", "-o", "out"], "--data: no-such-folder does not exist"),
        (["methods", "ucell", "-o", "m.csv"], "Omit NAME"),
        (["enrich", "absent.h5ad", "--groupby", "x"], "absent.h5ad does not exist"),
    ],
)
def test_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert message in lines[0]


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_options_of_score(cells: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    gmt, out = tmp_path / "sets.gmt", tmp_path / f"out{suffix}"
    gmt.write_text("T\t\tCD3D\tCD3E\tNKG7\nB\t\tCD79A\tMS4A1\n")
    options = ["--method", "aucell", "--param", "n_up=300", "--expand", "n_genes=20", "--min-genes", "3"]
    options += ["--key-added", "mine", "--layer", "double", "--block-size", "7"]
    assert main(["score", str(cells), "--sets", str(gmt), "-o", str(out), *options, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["obsm"] == ["mine"]
    adata = ad.read_h5ad(cells)
    arguments = {"expand": {"n_genes": 20}, "min_genes": 3, "layer": "double", "n_up": 300, "key_added": "mine"}
    scgsfm.tl.score(adata, scgsfm.GeneSets(gmt), method="aucell", **arguments)
    scored = ad.read_h5ad(out) if suffix == ".h5ad" else ad.read_zarr(out)
    np.testing.assert_allclose(np.asarray(scored.obsm["mine"]), np.asarray(adata.obsm["mine"]), rtol=1e-5)
    assert np.asarray(scored.obsm["mine"]).any()


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_scores_against_random_sets(
    cells: Path, tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options, out = ["--method", "mean", "--normalize", "null"], tmp_path / f"out{suffix}"
    assert main(["score", str(cells), "--sets", "pbmc_markers", "-o", str(out), *options]) == 0
    adata = ad.read_h5ad(cells)
    scgsfm.tl.score(adata, "pbmc_markers", method="mean", normalize="null")
    scored = ad.read_h5ad(out) if suffix == ".h5ad" else ad.read_zarr(out)
    for key in ("score_mean", "padj_mean"):
        np.testing.assert_allclose(np.asarray(scored.obsm[key]), np.asarray(adata.obsm[key]), rtol=1e-5)
    assert (
        main(["score", str(cells), "--sets", "pbmc_markers", "-o", str(out), "--force", *options, "--smooth", "x"]) == 2
    )
    error = "--smooth: scores in .zarr are not smoothed" if suffix == ".zarr" else "`smooth='x'` is not a graph"
    assert error in capsys.readouterr().err


def test_raw_is_scored(cells: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    adata = ad.read_h5ad(cells)
    adata.X = adata.X * 0
    adata.write_h5ad(cells)
    out = tmp_path / "out.h5ad"
    assert main(["score", str(cells), "--sets", "pbmc_markers", "--use-raw", "-o", str(out)]) == 0
    assert np.asarray(ad.read_h5ad(out).obsm["score_aucell"]).any()
    assert main(["score", str(cells), "--sets", "pbmc_markers", "--use-raw", "-o", str(tmp_path / "out.zarr")]) == 2
    assert "Write .h5ad to score .raw" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--method", "aucel"], "Did you mean 'aucell'"),
        (["--method", "ucell", "--param", "max_rnk=3"], "Did you mean 'max_rank'"),
        (["--expand", "genes=3"], "Did you mean 'n_genes'"),
        (["--layer", "duble"], "Did you mean 'double'"),
        (["--gene-symbols", "none_such"], "--gene-symbols: 'none_such' is not in .var"),
    ],
)
def test_names_are_checked_before_the_work(
    cells: Path, tmp_path: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["score", str(cells), "--sets", "hallmark", "-o", str(tmp_path / "o.h5ad"), *options]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert message in lines[0]


@pytest.mark.parametrize("command", ["annotate", "enrich"])
def test_missing_group_column(cells: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    suffix = "h5ad" if command == "annotate" else "csv"
    assert main([command, str(cells), "--groupby", "cell_typ", "-o", str(tmp_path / f"o.{suffix}")]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "--groupby: 'cell_typ' is not in .obs" in lines[0]
    assert "Did you mean 'cell_type'?" in lines[0]


@pytest.mark.parametrize(
    ("former", "now", "names"),
    [
        ("enrich CD3D --library reactome", "enrich CD3D --sets reactome", "--library"),
        ("predict --library go_cc --top 3 -o x.csv", "predict --sets go_cc -n 3 -o x.csv", "--library --top"),
        ("annotate a.h5ad --markers x.gmt -o b.h5ad", "annotate a.h5ad --sets x.gmt -o b.h5ad", "--markers"),
        ("ask why --max 3", "ask why -n 3", "--max"),
    ],
)
def test_former_names(former: str, now: str, names: str, caplog: pytest.LogCaptureFixture) -> None:
    assert vars(parse(TOP, now.split())) == vars(parse(TOP, former.split()))
    assert [message.split(" is deprecated")[0] for message in caplog.messages] == names.split()


def test_former_genes_of_predict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gmt = tmp_path / "sets.gmt"
    gmt.write_text("T\t\tCD3D\tCD3E\tNKG7\tGNLY\nB\t\tCD79A\tCD79B\tMS4A1\n")
    printed = []
    for genes in (
        ["CD3D", "--sets", str(gmt)],
        ["--sets", str(gmt), "CD3D"],
        ["--genes", "CD3D", "--library", str(gmt)],
    ):
        assert main(["predict", *genes]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] == printed[2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["scor", "x"], "unknown command 'scor'. Did you mean 'score'?"),
        (["zzz"], "unknown command 'zzz'."),
        (["score", "x", "--set", "h", "--methd", "aucell"], "unknown option --methd. Did you mean '--method'?"),
        (["--versoin"], "unknown option --versoin. Did you mean '--version'?"),
        (["enrich", "CD3D", "--mode", "rankd"], "Did you mean 'ranked'?"),
        (["complete", "CD3D", "-x"], "unexpected -x"),
        (["score", "x", "--sets", "h", "--param", "n_up", "-o", "y.h5ad"], "must be name=value"),
        (["train", "gsm"], "Did you mean 'gsfm'?"),
    ],
)
def test_suggestions(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert message in stopped(arguments, capsys)


@pytest.mark.parametrize("command", SUMMARIES)
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every help has examples that can be parsed, and states the defaults in one style."""
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: scgsfm {command} ")
    assert "--quiet" in text
    examples = [line.partition("scgsfm ")[2] for line in text.partition("examples:")[2].splitlines() if line.strip()]
    assert examples
    for example in examples:
        arguments = shlex.split(example)
        assert arguments[0] == command
        if arguments[-1] != "--help":
            assert callable(parse(build_parser(), arguments).run)
    if command != "demo":
        assert re.findall(r"(?<!\()default", text.partition("examples:")[0]) == []
        for action in TOP.commands[command]._actions:
            if action.default not in (None, False, [], argparse.SUPPRESS) and action.option_strings:
                assert "(default: " in (action.help or ""), action.option_strings


def test_general_options_stand_anywhere() -> None:
    for given in (["-q", "--threads", "2", "models"], ["models", "-q", "--threads", "2"]):
        args = parse(TOP, given)
        assert (args.quiet, args.verbose, args.threads) == (True, False, 2)
    args = parse(TOP, ["train", "gsfm", "--data", "x", "--threads", "2", "-o", "y", "-v"])
    assert (args.verbose, args.threads, args.arguments) == (True, 2, ["--data", "x", "-o", "y"])


def test_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = scgsfm.settings.verbosity
    assert main(["complete", *GENES, "-n", "2", "-o", str(tmp_path / "a.csv"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")
    assert scgsfm.settings.verbosity == before


def test_json_of_missing_values_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = records(capsys, "enrich", *GENES, "-n", "2")
    expected = scgsfm.tl.enrich(GENES).head(2)
    assert [one["pvalue"] for one in found] == expected["pvalue"].tolist()  # not rounded to 0
    assert 0 < expected["pvalue"].iloc[0] < 1e-5
    out = tmp_path / "terms.csv"
    assert main(["enrich", *GENES, "-o", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"output": str(out), "n_rows": len(pd.read_csv(out))}


def test_tables_fit_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame(
        {"gene": ["CD3D", "MS4A1"], "term": ["T" * 90, ""], "p": [1e-12, np.nan], "known": [True, False]}
    )
    monkeypatch.setenv("COLUMNS", "60")
    text, cut = fitted(table)
    assert cut
    assert max(map(len, text.splitlines())) == 60
    assert "T…" in text
    assert text.splitlines()[2].split() == ["MS4A1", "-", "-", "no"]
    monkeypatch.delenv("COLUMNS")  # standard output is no terminal here
    text, cut = fitted(table)
    assert not cut
    assert "T" * 90 in text


def test_predictions_are_sorted_by_probability(capsys: pytest.CaptureFixture[str]) -> None:
    found = pd.DataFrame(records(capsys, "predict", "CFAP299", "CD3D", "--sets", "pbmc_markers", "-n", "5"))
    assert found.groupby("gene").size().to_dict() == {"CD3D": 5, "CFAP299": 5}
    everything = scgsfm.tl.predict_functions(["CFAP299", "CD3D"], library="pbmc_markers", n_top=None)
    for gene, rows in found.groupby("gene"):
        highest = everything.loc[everything["gene"] == gene, "probability"].nlargest(5)
        np.testing.assert_allclose(rows["probability"], highest, rtol=1e-6)


def test_threads(capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys; from scgsfm.cli._threads import limited_threads\n"
        "with limited_threads(1):\n"
        "    import numba, threadpoolctl, numpy\n"
        "    n = [pool['num_threads'] for pool in threadpoolctl.threadpool_info()]\n"
        "    print(numba.get_num_threads(), max(n, default=1))\n"
    )
    env = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env).stdout
    assert out.split() == ["1", "1"]
    import numba

    from scgsfm.cli._threads import limited_threads

    before = numba.get_num_threads()
    with limited_threads(1):
        assert numba.get_num_threads() == 1
    assert numba.get_num_threads() == before


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["score", "--help"], ["predict", "--help"], ["scor"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        f"import sys; from scgsfm.cli import main\n"
        f"try: main({arguments})\n"
        f"except SystemExit: pass\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.endswith("[]\n")


@pytest.mark.skipif(os.name != "posix", reason="completion of POSIX shells")
@pytest.mark.parametrize(
    ("line", "expected"),
    [("scgsfm sc", {"score"}), ("scgsfm score --meth", {"--method"}), ("scgsfm score x --sets hallm", {"hallmark"})],
)
def test_completion_by_the_tab_key(line: str, expected: set[str], tmp_path: Path) -> None:
    pytest.importorskip("argcomplete")
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    answer = tmp_path / "answer"
    env = os.environ | asked | {"_ARGCOMPLETE_STDOUT_FILENAME": str(answer)}
    subprocess.run([sys.executable, "-m", "scgsfm.cli"], env=env, check=True, cwd=tmp_path, capture_output=True)
    assert {word.strip() for word in answer.read_text().split("\n")} == expected
