"""What a call may replace, for all functions that write to AnnData, and the line that it logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm._adata import Result, log_results, write_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from anndata import AnnData

SETS = {"T": ["CD3D", "CD3E", "CD2"], "B": ["CD79A", "MS4A1", "CD79B"]}


@pytest.fixture
def cells() -> AnnData:
    return scgsfm.datasets.pbmc()[::20].copy()


FOREIGN: dict[str, tuple[str, str, Callable[[AnnData], object]]] = {
    "score": ("obsm", "score_aucell", lambda a: scgsfm.tl.score(a, SETS)),
    "padj": ("obsm", "padj_ulm", lambda a: scgsfm.tl.score(a, SETS, method="ulm")),
    "annotate": ("obs", "annotation", lambda a: scgsfm.tl.annotate(a, markers=SETS)),
    "candidate": ("obs", "annotation_candidate", lambda a: scgsfm.tl.annotate(a, markers=SETS)),
    "embed_cells": ("obsm", "X_gsfm", scgsfm.tl.embed_cells),
    "embed_genes": ("varm", "gsfm", scgsfm.tl.embed_genes),
    "enrich": ("uns", "enrich", lambda a: scgsfm.tl.enrich(a, groupby="cell_type")),
    "phenotypes": ("uns", "phenotypes", lambda a: scgsfm.tl.phenotypes(a, "cell_type")),
    "predict_functions": ("uns", "predicted_functions", lambda a: scgsfm.tl.predict_functions(a, library=SETS)),
    "resolve_genes": ("var", "scgsfm_symbol", scgsfm.pp.resolve_genes),
    "activity": ("varm", "r3lm_activity", lambda a: scgsfm.tl.regulatory_activity(a, sequences=["ACGT"] * a.n_vars)),
    "status": ("var", "r3lm_activity_status", lambda a: scgsfm.tl.regulatory_activity(a, sequences=["A"] * a.n_vars)),
    "explanations": (
        "uns",
        "r3lm_explanations",
        lambda a: scgsfm.tl.explain_regulation(a, [a.var_names[0]], sequences=["ACGT"] * a.n_vars),
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_what_others_wrote_is_kept(cells: AnnData, case: str) -> None:
    where, name, call = FOREIGN[case]
    n = {"obs": cells.n_obs, "obsm": cells.n_obs}.get(where, cells.n_vars)
    value: Any = np.arange(n)[:, None] if where.endswith("m") else np.arange(n)
    getattr(cells, where)[name] = value
    with pytest.raises(ValueError, match=rf"`{where}\['{name}'\]` exists and was not written by.*`key_added`"):
        call(cells)
    np.testing.assert_array_equal(np.asarray(getattr(cells, where)[name]), value)
    assert "scgsfm" not in cells.uns


def test_own_results_are_replaced_and_named(cells: AnnData, caplog: pytest.LogCaptureFixture) -> None:
    scgsfm.tl.score(cells, SETS, method="mean")
    before = cells.obsm["score_mean"].copy()
    caplog.clear()
    scgsfm.tl.score(cells, "cell_cycle", method=["mean", "sum"])
    assert len(caplog.messages) == 1
    assert re.fullmatch(
        r"added 'score_sum' to \.obsm and replaced 'score_mean' in \.obsm \(2 sets; \d+ % of genes matched; "
        r"counts were log-normalized for this; before: dict, 2 sets\)",
        caplog.messages[0],
    )
    assert list(cells.obsm["score_mean"]) != list(before)


def test_a_key_of_another_function_is_kept(cells: AnnData) -> None:
    scgsfm.tl.score(cells, SETS, method="mean", key_added="x")
    with pytest.raises(
        ValueError, match=r"record of `scgsfm.tl.score`, exists and was not written by `scgsfm.tl.embed"
    ):
        scgsfm.tl.embed_genes(cells, key_added="x")
    assert cells.uns["scgsfm"]["x"]["function"] == "tl.score"


def test_p_values_of_an_earlier_call_are_removed(cells: AnnData) -> None:
    scgsfm.tl.score(cells, SETS, method="ulm", key_added="x")
    assert "padj_x" in cells.obsm
    scgsfm.tl.score(cells, SETS, method="mean", key_added="x")
    assert "padj_x" not in cells.obsm


def test_line(cells: AnnData, caplog: pytest.LogCaptureFixture) -> None:
    cells.raw = cells
    names = [f"n{i}" for i in range(6)]
    log_results([Result.check(cells, "tl.x", "x", obs=names, obsm=[], fields={"raw_var": ["y"]})], "", "2 sets")
    assert caplog.messages == ["added 'y' to .raw.var and 'n0', 'n1', 'n2', 'n3' and 2 more to .obs (2 sets)"]


def test_records_of_earlier_versions_count_as_own(cells: AnnData) -> None:
    scgsfm.tl.embed_genes(cells)
    del cells.uns["scgsfm"]["gsfm"]["function"]
    scgsfm.tl.embed_genes(cells, kind="encoder")
    assert cells.uns["scgsfm"]["gsfm"]["params"]["kind"] == "encoder"
    assert isinstance(cells.obs, pd.DataFrame)


def test_records_do_not_change_and_can_be_stored(cells: AnnData, tmp_path: Path) -> None:
    members, genes = ["ulm", "zscore"], np.array(["CD4"], dtype=object)
    write_record(cells, "x", {"members": members, "pool": {"b", "a"}, "genes": genes})
    members.append("mlm")
    genes[0] = ""
    cells.write_h5ad(tmp_path / "cells.h5ad")
    record = ad.read_h5ad(tmp_path / "cells.h5ad").uns["scgsfm"]["x"]
    assert {name: list(record[name]) for name in ("members", "pool", "genes")} == {
        "members": ["ulm", "zscore"],
        "pool": ["a", "b"],
        "genes": ["CD4"],
    }
