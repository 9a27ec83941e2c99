from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm.cli import main

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from tests.conftest import SmallR3LM

pytest.importorskip("pyfaidx")


@pytest.fixture
def folder(tmp_path: Path, small_r3lm: SmallR3LM, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A genome, peaks, sequences, variants and cells; the model is a stand-in."""
    monkeypatch.setattr("scgsfm.models._as_model._read_once", lambda model, device: small_r3lm)
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), 1000))
    text = text[:500] + "CTGCAGATAAGACA" + text[514:]
    (tmp_path / "genome.fa").write_text(f">chr1\n{text}\n")
    (tmp_path / "peaks.bed").write_text("chr1\t450\t550\tx\nchr1\t100\t300\tx\nchr9\t1\t9\tx\n")
    (tmp_path / "elements.fa").write_text(f">a\n{text[410:610]}\n>b\n{text[:200]}\n")
    (tmp_path / "v.vcf").write_text("##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t506\trs1\tG\tC\n")
    names = ["chr1:450-550", "chr1:100-300", "chr9:1-9"]
    obs = pd.DataFrame({"group": list("ab") * 5}, index=[f"c{i}" for i in range(10)])
    ad.AnnData(np.ones((10, 3), np.float32), obs, pd.DataFrame(index=names)).write_h5ad(tmp_path / "cells.h5ad")
    return tmp_path


def run(folder: Path, name: str, *options: Any) -> None:
    genome = [] if name.endswith(".fa") else ["--genome", str(folder / "genome.fa")]
    assert main(["regulatory", str(folder / name), *genome, *options]) == 0


def test_peaks_and_cells(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(folder, "peaks.bed", "-o", str(folder / "peaks.csv"))
    table = pd.read_csv(folder / "peaks.csv", index_col=0)
    assert table.index.tolist() == ["chr1:450-550", "chr1:100-300", "chr9:1-9"]
    assert table["status"].tolist() == ["ok", "ok", "unknown contig"]
    assert table["K562"].iloc[0] > 0.9 > 0 > table["K562"].iloc[1]
    assert "3 elements" in capsys.readouterr().out
    for suffix in ("h5ad", "zarr"):
        run(folder, "cells.h5ad", "--groupby", "group", "-o", str(folder / f"out.{suffix}"))
        adata = getattr(ad, f"read_{suffix}")(folder / f"out.{suffix}")
        np.testing.assert_allclose(adata.varm["r3lm_activity"], table[["HepG2", "K562", "WTC11"]], rtol=1e-4)
        assert adata.obsm["r3lm_activity"].shape == (10, 3)
    run(folder, "cells.h5ad", "-o", str(folder / "cells.csv"))
    pd.testing.assert_frame_equal(pd.read_csv(folder / "cells.csv", index_col=0), table)


def test_sequences_and_variants(folder: Path, small_r3lm: SmallR3LM) -> None:
    run(folder, "elements.fa", "-o", str(folder / "out.csv"))
    assert pd.read_csv(folder / "out.csv", index_col=0).index.tolist() == ["a", "b"]
    run(folder, "v.vcf", "-o", str(folder / "v.csv"))
    table = pd.read_csv(folder / "v.csv", index_col=0)
    expected = scgsfm.tl.variant_effect(folder / "v.vcf", genome=folder / "genome.fa", model=small_r3lm)
    np.testing.assert_allclose(table.loc["rs1", "K562"], expected.loc["rs1", "K562"], rtol=1e-4)


@pytest.mark.parametrize(("name", "element"), [("elements.fa", "a"), ("cells.h5ad", "chr1:450-550")])
def test_explain(folder: Path, name: str, element: str) -> None:
    run(folder, name, "--explain", element, "--cell-type", "K562", "-o", str(folder / "out.csv"))
    table = pd.read_csv(folder / "out.csv")
    assert table["element"].tolist() == [element]
    assert table["trace"][0].startswith("1. ")
    assert (pd.read_csv(folder / "out.motifs.csv")["element"] == element).all()


@pytest.mark.parametrize("name", ["elements.fa", "peaks.bed", "cells.h5ad"])
def test_saturate(folder: Path, name: str, small_r3lm: SmallR3LM) -> None:
    run(folder, name, "--saturate", "--cell-type", "K562", "-o", str(folder / "out.csv"))
    table = pd.read_csv(folder / "out.csv")
    assert table.columns.tolist() == ["element", "position", "ref", "alt", "K562"]
    assert len(table) == 2 * 800
    assert table["K562"].min() < -1.9


def test_annotated_vcf(folder: Path) -> None:
    for name in ("out.vcf", "out.vcf.gz"):
        run(folder, "v.vcf", "-o", str(folder / name))
    lines = (folder / "out.vcf").read_text().splitlines()
    assert lines[-1].split("\t")[7].startswith("R3LM_HepG2=")
    assert gzip.decompress((folder / "out.vcf.gz").read_bytes()).decode().splitlines() == lines
    run(folder, "v.vcf", "-o", str(folder / "v.csv"))
    effect = pd.read_csv(folder / "v.csv")["K562"][0]
    assert f"R3LM_K562={effect:.4g};" in lines[-1]
    assert main(["regulatory", str(folder / "elements.fa"), "-o", str(folder / "no.vcf")]) == 2


def test_design(folder: Path, small_r3lm: SmallR3LM, capsys: pytest.CaptureFixture[str]) -> None:
    text = (folder / "elements.fa").read_text().replace("AGATAAGA", "AGATAAGC")
    (folder / "d.fa").write_text(text)
    options = ["--target", "K562", "--max-changes", "1", "--forbid", "EcoRI", "--gc", "0.2", "0.8"]
    assert main(["design", str(folder / "d.fa"), *options, "-o", str(folder / "d.csv")]) == 0
    designs, steps = pd.read_csv(folder / "d.csv"), pd.read_csv(folder / "d.steps.csv")
    assert designs["element"].tolist() == ["a", "b"]
    assert designs["K562"][0] > 0.9
    assert "AGATAAGA" in designs["sequence"][0]
    assert (steps["step"] > 0).sum() == designs["n_changes"].sum()
    assert f"{designs['n_changes'].sum()} edits" in capsys.readouterr().out
    assert main(["design", str(folder / "peaks.bed"), *options, "-o", str(folder / "e.csv")]) == 2
    assert "must end in .fa" in capsys.readouterr().err
    assert main(["design", str(folder / "d.fa"), *options, "-o", str(folder / "d.csv")]) == 2
    assert "already exists" in capsys.readouterr().err


def test_means_of_groups_as_csv(folder: Path) -> None:
    run(folder, "cells.h5ad", "--groupby", "group", "-o", str(folder / "out.csv"))
    groups = pd.read_csv(folder / "out.groups.csv", index_col=0)
    assert groups.index.tolist() == ["a", "b"]
    expected = pd.read_csv(folder / "out.csv", index_col=0)[groups.columns].mean()
    np.testing.assert_allclose(groups, [expected] * 2, rtol=1e-4)


def test_bed_with_headers_and_summits(folder: Path) -> None:
    (folder / "p.bed").write_text("track name=x\nchrom\tstart\tend\nchr1\t100.0\t300\nchr1\tnone\t9\n")
    with pytest.warns(UserWarning, match="1 of 2 lines"):
        run(folder, "p.bed", "-o", str(folder / "p.csv"))
    table = pd.read_csv(folder / "p.csv", index_col=0)
    assert table["status"].tolist() == ["ok", "unparsable name"]
    (folder / "p.narrowPeak").write_text("chr1\t300\t900\ta\t9\t.\t5.1\t3.2\t2.1\t209\n")
    run(folder, "p.narrowPeak", "-o", str(folder / "summit.csv"))
    assert pd.read_csv(folder / "summit.csv")["K562"][0] > 0.9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("peaks.bed --groupby no --layer no", r"--groupby \(it needs cells .*--layer .*no effect on peaks"),
        ("peaks.bed --motifs no", r"--motifs \(it needs --explain\)"),
        ("peaks.bed --cell-type no", r"--cell-type \(it needs --explain"),
        ("peaks.bed --explain --windows tile", r"--windows \(explanations are of the center\)"),
        ("v.vcf --explain", r"--explain \(variants have no explanation\)"),
        ("v.vcf --windows centre", r"--windows \(variants are centered\)"),
        ("v.vcf --saturate", r"--saturate \(they are variants\)"),
        ("elements.fa --saturate --windows tile", r"--windows \(variants are of the center\)"),
        ("cells.h5ad --saturate --groupby group", r"--groupby \(it needs cells .*--saturate"),
        ("elements.fa --explain --saturate", "--explain and --saturate: give one of them"),
        ("elements.fa --genome genome.fa", r"--genome \(sequences need none\)"),
        ("cells.h5ad --layer no", r"--layer \(it needs --groupby\)"),
        ("cells.h5ad --explain --groupby group", r"--groupby \(it needs cells .*without --explain"),
    ],
)
def test_options_without_effect(
    folder: Path, arguments: str, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert main(["regulatory", *arguments.split(), "-o", "out.csv"]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (folder / "out.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["peaks.txt", "-o", "out.csv"], "must end in"),
        (["absent.bed", "--genome", "g.fa", "-o", "out.csv"], "does not exist"),
        (["{0}/peaks.bed", "-o", "out.csv"], "--genome: give the FASTA file"),
        (["{0}/peaks.bed", "--genome", "{0}/none.fa", "-o", "out.csv"], "never downloaded"),
        (["{0}/peaks.bed", "--genome", "{0}/genome.fa", "-o", "out.h5ad"], "doesn't end in .csv"),
        (["{0}/cells.h5ad", "--genome", "{0}/genome.fa", "--explain", "-o", "out.h5ad"], "doesn't end in .csv"),
    ],
)
def test_errors(folder: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regulatory", *(text.format(folder) for text in arguments)]) == 2
    assert told in capsys.readouterr().err


def test_earlier_table_is_replaced_but_not_another_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "o.csv"
    for _ in range(2):
        run(folder, "elements.fa", "-o", str(out))
    out.write_text("gene,status of mine\nA,1\n")
    assert main(["regulatory", str(folder / "elements.fa"), "-o", str(out)]) == 2
    assert "already exists" in capsys.readouterr().err
    assert out.read_text().startswith("gene")
