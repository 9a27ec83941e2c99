from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from scgsfm.models.gsfm.training._corpus import Corpus, build_corpus, find_files, read_sets

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two groups in subdirectories, one of them gzipped and nested, and a file without a directory."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b" / "inner").mkdir(parents=True)
    (tmp_path / "a" / "x.gmt").write_text("one\tabout\tG1\tG2\tG3\ntwo\t\tG2,0.5\tG3,1.0\t\tG2\t G1 \n\n")
    with gzip.open(tmp_path / "b" / "inner" / "y.gmt.gz", "wt", newline="") as file:
        file.write("three\tna\tG1\tG4\r\nfour\tna\tG1\tG2\tG9\r\n")
    (tmp_path / "top.v1.gmt").write_bytes(b"\xef\xbb\xbffive\tna\xefve\tG3\tG4\tG1\n")
    (tmp_path / "notes.txt").write_text("six\t\tG1\tG2\tG3\n")
    return tmp_path


def build(folder: Path, where: str = "corpus", **options: Any) -> Corpus:
    return build_corpus([folder], folder.parent / (folder.name + where), **{"min_count": 1, "min_genes": 2} | options)


def sets_of(corpus: Corpus) -> list[str]:
    rows = np.split(corpus.indices, corpus.indptr[1:-1])
    return [" ".join(corpus.genes[token] for token in row) for row in rows]


def test_sets_and_groups(folder: Path) -> None:
    corpus = build(folder)
    assert corpus.genes == ["<unk>", "<pad>", "G1", "G2", "G3", "G4", "G9"]
    assert [corpus.groups[g] for g in corpus.group] == ["a", "a", "b", "b", "top.v1"]
    assert sets_of(corpus) == ["G1 G2 G3", "G1 G2 G3", "G1 G4", "G1 G2 G9", "G1 G3 G4"]
    assert len(corpus) == corpus.info["n_sets"] == 5
    assert corpus.info["n_memberships"] == len(corpus.indices) == 14
    assert (corpus.info["n_genes"], corpus.info["n_files"]) == (5, 3)


def test_rare_genes_and_small_sets_are_dropped(folder: Path) -> None:
    corpus = build(folder, min_count=2, min_genes=3)
    assert corpus.genes[2:] == ["G1", "G2", "G3", "G4"]
    assert sets_of(corpus) == ["G1 G2 G3", "G1 G2 G3", "G1 G3 G4"]


def test_allowed_genes(folder: Path) -> None:
    corpus = build(folder, allowed=["G1", "G4", "G9", "elsewhere"])
    assert corpus.genes[2:] == ["G1", "G4", "G9"]
    assert sets_of(corpus) == ["G1 G4", "G1 G9", "G1 G4"]


def test_arrays_are_compact_and_mapped(folder: Path) -> None:
    corpus = build(folder)
    assert isinstance(corpus.indices, np.memmap)
    assert corpus.indices.dtype == np.uint16
    assert corpus.indptr.dtype == np.int64


def test_large_vocabulary(tmp_path: Path) -> None:
    (tmp_path / "wide.gmt").write_text("one\t\t" + "\t".join(f"G{i}" for i in range(2**16)) + "\n")
    corpus = build(tmp_path)
    assert corpus.indices.dtype == np.int32
    np.testing.assert_array_equal(corpus.indices, np.arange(2, 2**16 + 2))


def test_same_input_same_bytes(folder: Path) -> None:
    first, second = build(folder), build(folder, "again")
    assert first.info == second.info
    names = ("indptr.npy", "indices.npy", "group.npy", "vocab.txt", "corpus.json")
    folders = [folder.parent / (folder.name + where) for where in ("corpus", "again")]
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    assert sorted(file.name for file in folders[0].iterdir()) == sorted(names)


def test_reuse(folder: Path) -> None:
    corpus = build(folder)
    written = (folder.parent / (folder.name + "corpus") / "indices.npy").stat().st_mtime_ns
    assert sets_of(build(folder)) == sets_of(corpus)
    assert (folder.parent / (folder.name + "corpus") / "indices.npy").stat().st_mtime_ns == written
    with pytest.raises(ValueError, match="corpus of other files or settings"):
        build(folder, min_count=2)
    with pytest.raises(ValueError, match="corpus of other files or settings"):
        build(folder, allowed=["G1", "G2"])
    (folder / "a" / "more.gmt").write_text("seven\t\tG1\tG2\n")
    with pytest.raises(ValueError, match="corpus of other files or settings"):
        build(folder)


def test_unfinished_corpus_is_built_again(folder: Path) -> None:
    expected = sets_of(build(folder))
    where = folder.parent / (folder.name + "corpus")
    (where / "corpus.json").unlink()
    (where / "indices.npy").write_bytes(b"cut short")
    assert sets_of(build(folder)) == expected


def test_open(folder: Path) -> None:
    build(folder)
    corpus = Corpus.open(folder.parent / (folder.name + "corpus"))
    assert corpus.info["groups"] == corpus.groups == ["a", "b", "top.v1"]
    assert json.loads((folder.parent / (folder.name + "corpus") / "corpus.json").read_text()) == corpus.info


def test_single_files(folder: Path) -> None:
    found = find_files([folder / "a" / "x.gmt", folder / "b"])
    assert [(group, file.name) for group, file in found] == [("x", "x.gmt"), ("inner", "y.gmt.gz")]


def test_lines_are_streamed(folder: Path) -> None:
    sets = read_sets(folder / "a" / "x.gmt")
    assert next(sets) == {"G1", "G2", "G3"}


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="data: .*absent does not exist"):
        build_corpus([tmp_path / "absent"], tmp_path / "corpus")
    with pytest.raises(FileNotFoundError, match=r"data: .* contains no \.gmt"):
        build_corpus([tmp_path], tmp_path / "corpus")


def test_no_set_remains(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"no set in 3 files remains: 5 genes .* min_count=1 .* min_genes=7"):
        build(folder, min_genes=7)
    with pytest.raises(ValueError, match="same names as in the sets"):
        build(folder, allowed=["ENSG00000141510"])
    with pytest.raises(ValueError, match="min_genes=1 must be at least 2"):
        build(folder, min_genes=1)
