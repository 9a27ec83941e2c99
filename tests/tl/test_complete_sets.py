from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

import scgsfm
from scgsfm.completion import SetKind, SetKinds, complete
from scgsfm.errors import GeneMatchError, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scgsfm.models.gsfm import GSFM

    Dense = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]

SETS = {"T/NK": ["CD3D", "Cd3e", "CD2", "NKG7"], "B": ["CD79A", "MS4A1"]}
KNOWN = {"T/NK": ["CD3D", "CD3E", "CD2", "NKG7"], "B": ["CD79A", "MS4A1"]}


def test_table_matches_the_dense_network(gsfm: GSFM, dense: Dense) -> None:
    table = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None)
    assert table["set"].tolist() == ["T/NK"] * 25 + ["B"] * 25
    popularity = dense(np.eye(len(gsfm.genes))[2:])[1].mean(axis=0)
    for name, genes in KNOWN.items():
        multi_hot = np.zeros((1, len(gsfm.genes)))
        multi_hot[0, gsfm.tokens(genes)] = 1
        logits = dense(multi_hot)[1][0]
        corrected = (logits - popularity)[2:]
        order = np.argsort(-logits[2:])
        rows = table[table["set"] == name]
        assert rows["gene"].tolist() == [gsfm.genes[2:][i] for i in order]
        assert rows["rank"].tolist() == list(range(1, 26))
        np.testing.assert_allclose(rows["probability"], 1 / (1 + np.exp(-logits[2:][order])), rtol=1e-4, atol=1e-6)
        zscores = (corrected - corrected.mean()) / corrected.std()
        np.testing.assert_allclose(rows["zscore"], zscores[order], rtol=1e-4, atol=1e-4)
        assert set(rows["gene"][rows["known"]]) == set(genes)


def test_first_genes(gsfm: GSFM) -> None:
    every = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None)
    first = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=4)
    expected = every[every["rank"] <= 4].reset_index(drop=True)
    assert first.equals(expected)
    assert len(scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=1000)) == 50


def test_completion_adds_new_genes_by_zscore(gsfm: GSFM) -> None:
    table = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None)
    completed = complete(SETS, gsfm, n_genes=5)
    for name, genes in SETS.items():
        new = table[(table["set"] == name) & ~table["known"]].nlargest(5, "zscore")
        assert set(completed[name]) - set(genes) == set(new["gene"])


def test_result_does_not_depend_on_blocks(gsfm: GSFM, monkeypatch: pytest.MonkeyPatch) -> None:
    sets = {f"set {i}": gsfm.genes[i : i + 4] for i in range(2, 13)}
    whole = scgsfm.tl.complete_sets(sets, model=gsfm)
    monkeypatch.setattr("scgsfm.completion._complete.SETS_AT_A_TIME", 3)
    blocks = scgsfm.tl.complete_sets(sets, model=gsfm)
    assert blocks[["set", "gene", "rank", "known"]].equals(whole[["set", "gene", "rank", "known"]])
    np.testing.assert_allclose(
        blocks[["probability", "zscore"]], whole[["probability", "zscore"]], rtol=1e-4, atol=1e-5
    )


def test_unknown_names_raise_warnings_and_errors(gsfm: GSFM, caplog: pytest.LogCaptureFixture) -> None:
    sets = {"T": ["CD3D", "CD2", "no gene"], "peaks": ["chr1:5-9"]}
    with (
        caplog.at_level(logging.DEBUG, logger="scgsfm"),
        pytest.warns(GeneSetWarning, match="1 set is not completed.*'peaks'"),
    ):
        table = scgsfm.tl.complete_sets(sets, model=gsfm)
    assert "Not in the model's vocabulary: 'no gene', 'chr1:5-9'" in caplog.text
    assert set(table["set"]) == {"T"}
    with pytest.raises(GeneMatchError, match="None of the 1 genes"):
        scgsfm.tl.complete_sets({"peaks": ["chr1:5-9"]}, model=gsfm)


def test_errors(gsfm: GSFM) -> None:
    with pytest.raises(TypeError, match=r"Give \{'my set': \[genes\]\}"):
        scgsfm.tl.complete_sets(["CD3D", "CD2"], model=gsfm)
    with pytest.raises(ValueError, match="`n_genes` is 0"):
        scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=0)
    with pytest.raises(ValueError, match="negative weights"):
        scgsfm.tl.complete_sets({"down": {"CD3D": -1.0}}, model=gsfm)


@pytest.fixture
def kinds(gsfm: GSFM, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SetKinds:
    """Two kinds of the small model, read from a file: one that changes nothing, and one drawn at random."""
    rng, n = np.random.default_rng(0), len(gsfm.genes)
    shapes = {"scale": (8,), "shift": (8,), "up": (8, 2), "down": (2, 8), "popularity": (n,)}
    plain = SetKind(**{name: np.zeros(shape) for name, shape in shapes.items()}, slope=1.0, intercept=0.0)
    drawn = SetKind(
        **{name: rng.integers(-8, 9, shape) / 8 for name, shape in shapes.items()}, slope=0.5, intercept=-1.0
    )
    SetKinds.learned({"plain": plain, "drawn": drawn}, gsfm).save(tmp_path / "kinds.npz")
    monkeypatch.setattr("scgsfm.completion._set_kinds._FILE", tmp_path / "kinds.npz")
    kinds = SetKinds.embedded.__wrapped__(SetKinds)
    monkeypatch.setattr(SetKinds, "embedded", lambda: kinds)
    return kinds


def test_kind_changes_the_latent_vector(gsfm: GSFM, dense: Dense, kinds: SetKinds) -> None:
    without = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None)
    plain = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None, kind="plain")
    assert plain["gene"].tolist() == without["gene"].tolist()
    table, kind = scgsfm.tl.complete_sets(SETS, model=gsfm, n_genes=None, kind="drawn"), kinds.kinds["drawn"]
    for name, genes in KNOWN.items():
        multi_hot = np.zeros((1, len(gsfm.genes)))
        multi_hot[0, gsfm.tokens(genes)] = 1
        latent = dense(multi_hot)[0][0]
        changed = latent * (1 + kind.scale) + kind.shift + kind.up @ (kind.down @ latent)
        logits = gsfm.decode(changed[None])[0].astype(float)
        order = np.argsort(-logits[2:])
        rows = table[table["set"] == name]
        assert rows["gene"].tolist() == [gsfm.genes[2:][i] for i in order]
        odds = 0.5 * (logits - np.log(np.exp(logits).sum())) - 1
        np.testing.assert_allclose(rows["probability"], 1 / (1 + np.exp(-odds[2:][order])), rtol=1e-4, atol=1e-6)
        corrected = (logits - kind.popularity)[2:]
        zscores = (corrected - corrected.mean()) / corrected.std()
        np.testing.assert_allclose(rows["zscore"], zscores[order], rtol=1e-4, atol=1e-4)
    assert kinds.model(gsfm, "plain").fingerprint != kinds.model(gsfm, "drawn").fingerprint


def test_neighbors_are_added_to_a_kind() -> None:
    class Sum:
        """Adds 10 to the logits of its network."""

        genes: ClassVar = ["<unk>", "<pad>", "A", "B"]

        def encode(self, _: object) -> np.ndarray:
            return np.ones((1, 2), np.float32)

        def decode(self, z: np.ndarray) -> np.ndarray:
            return np.repeat(z.sum(axis=1, keepdims=True), 4, axis=1)

        def logits(self, sets: object) -> np.ndarray:
            return self.decode(self.encode(sets)) + 10

    change = {"scale": np.ones(2), "shift": np.zeros(2), "up": np.zeros((2, 1)), "down": np.zeros((1, 2))}
    kind = SetKind(**change, popularity=np.zeros(4), slope=1.0, intercept=0.0)
    assert (kind.of(Sum()).logits(None) == 4 + 10).all()  # type: ignore[arg-type]


def test_errors_of_kinds(gsfm: GSFM, kinds: SetKinds, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"`kind` is 'plane', but must be 'plain' or 'drawn'\. Did you mean 'plain'"):
        scgsfm.tl.complete_sets(SETS, model=gsfm, kind="plane")
    monkeypatch.setattr(gsfm, "encode", lambda _: kinds.probes + 1)
    with pytest.raises(ValueError, match=r"learned for 'gsfm-base' and do not fit the weights of 'tiny'\. Use `model="):
        scgsfm.tl.complete_sets(SETS, model=gsfm, kind="plain")


def test_kinds_of_the_embedded_model(gsfm: GSFM) -> None:
    kinds = list(SetKinds.embedded().kinds)
    documented = scgsfm.tl.complete_sets.__doc__.split("kind\n")[1].split("Returns")[0]
    assert [name for name in re.findall(r'``"([^"]+)"``', documented) if name != "gsfm-base"] == kinds
    with pytest.raises(ValueError, match="do not fit"):
        scgsfm.tl.complete_sets(SETS, model=gsfm, kind=kinds[0])
    tables = {kind: scgsfm.tl.complete_sets(SETS, n_genes=50, kind=kind) for kind in (None, kinds[0])}
    assert tables[None]["gene"].tolist() != tables[kinds[0]]["gene"].tolist()
    for table in tables.values():
        assert len(table) == 100
        assert table["known"].sum() > 3
        assert table["probability"].between(0, 1).all()
