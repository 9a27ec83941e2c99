"""Shared messages, and the line of code that each warning points at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import eye_array

import scgsfm
from scgsfm._messages import (
    agrees,
    check_at_least,
    check_choice,
    did_you_mean,
    listing,
    number,
    percent,
    random_generator,
    suggestion,
    warn,
)
from scgsfm.errors import DownloadError, GeneMatchWarning, GeneSetWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from anndata import AnnData

    from scgsfm.settings import Settings

LIBRARY = {"A": ["CD3D", "CD3E", "CD2"], "B": ["CD79A", "MS4A1", "CD19"], "T": ["CD3D", "CD3E", "CD4", "CD8A"]}


P = 1e-25


def rare_groups(adata: AnnData) -> AnnData:
    """One group of a single cell, two of several."""
    adata.obs["group"] = np.where(np.arange(adata.n_obs) % 2, "x", "y")
    adata.obs.iloc[0, adata.obs.columns.get_loc("group")] = "single"
    return adata


def uncommon_markers(adata: AnnData) -> AnnData:
    """B cells, and two random halves of T cells, which have no gene as significant as ``P``."""
    adata = adata[adata.obs["cell_type"].isin(["B", "Naive CD4 T"])].copy()
    halves = np.where(np.arange(adata.n_obs) % 2, "x", "y")
    adata.obs["group"] = np.where(adata.obs["cell_type"] == "B", "B", halves)
    return adata


def conflicting_names(adata: AnnData) -> AnnData:
    """A set has a gene under two names, with different weights."""
    scgsfm.tl.score(adata, {"A": {"CD3D": 1.0, "CD3E": 1.0, "CD8A": 1.0, "ENSG00000153563": 2.0}}, method="sum")
    return adata


WARNINGS: dict[str, tuple[type[Warning], str, Callable[[AnnData], object]]] = {
    "class": (GeneSetWarning, "repairs", lambda _: scgsfm.GeneSets({"A": ["CD2"], "": ["CD4"]})),
    "membership": (GeneSetWarning, "two names", conflicting_names),
    "set index": (GeneSetWarning, "left out", lambda adata: scgsfm.tl.score(adata, LIBRARY, min_genes=4, method="sum")),
    "share": (
        GeneMatchWarning,
        "were matched",
        lambda adata: scgsfm.tl.score(adata, {"A": ["CD2", "x", "y", "z"]}, method="sum"),
    ),
    "completion": (
        GeneSetWarning,
        "not completed",
        lambda _: scgsfm.tl.complete_sets({"A": ["CD2", "CD4"], "peaks": ["chr1:5-9"]}),
    ),
    "genes": (GeneMatchWarning, "novel", lambda _: scgsfm.tl.predict_functions(["CD3D", "novel"], library=LIBRARY)),
    "groups": (
        UserWarning,
        "single cell",
        lambda adata: scgsfm.tl.enrich(rare_groups(adata), LIBRARY, groupby="group", min_genes=1, max_padj=1),
    ),
    "empty groups": (
        GeneSetWarning,
        "no gene to test",
        lambda adata: scgsfm.tl.enrich(
            uncommon_markers(adata), LIBRARY, groupby="group", mode="overlap", min_genes=1, max_padj=P
        ),
    ),
    "generator": (
        GeneSetWarning,
        "3 or more",
        lambda adata: scgsfm.tl.enrich({"few": ["CD2"], "many": LIBRARY["T"]}, LIBRARY, mode="gsfm", min_genes=1),
    ),
    "phenotypes": (
        GeneSetWarning,
        "no marker",
        lambda adata: scgsfm.tl.phenotypes(uncommon_markers(adata), groupby="group", min_genes=1, max_padj=P),
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
@pytest.mark.filterwarnings("always::UserWarning")
def test_warning_points_at_the_line_of_the_user(case: str) -> None:
    category, message, call = WARNINGS[case]
    with pytest.warns(category, match=message) as record:
        call(scgsfm.datasets.pbmc())
    ours = [found for found in record if message in str(found.message)]
    assert [found.filename for found in ours] == [__file__]


@pytest.mark.parametrize("way", ["generator", "context manager"])
def test_warning_skips_the_standard_library(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scgsfm._messages._PACKAGE", "generated")
    source = "\n".join(
        [
            "import contextlib",
            "def generate():",
            "    warn('inside')",
            "    yield",
            "def call():",
            "    if way == 'generator':",
            "        return list(generate())",
            "    with contextlib.contextmanager(generate)():",
            "        pass",
        ]
    )
    namespace: dict[str, Any] = {"warn": warn, "way": way}
    exec(compile(source, "generated.py", "exec"), namespace)
    with pytest.warns(UserWarning, match="inside") as record:
        namespace["call"]()
    assert [found.filename for found in record] == [__file__]


def test_listing() -> None:
    assert listing(["a", "b"]) == "'a', 'b'"
    assert listing(list("abcdefg"), 2) == "'a', 'b' and 5 more"


def test_suggestions() -> None:
    assert did_you_mean("halmark", ["hallmark", "reactome"]) == " Did you mean 'hallmark'?"
    assert did_you_mean("xyz", ["hallmark"]) == ""
    assert did_you_mean("AUCell", ["gsva", "aucell"]) == " Did you mean 'aucell'?"
    assert did_you_mean("auc", ["gsva", "aucell"]) == " Did you mean 'aucell'?"
    assert did_you_mean("B", ["B", "b", "NK"]) == " Did you mean 'b'?", "never the name itself"
    assert suggestion(["A (1)", "B (2)"]) == " Did you mean A (1) or B (2)?"


def test_numbers() -> None:
    assert [number(n, "set") for n in (0, 1, 1200)] == ["0 sets", "1 set", "1,200 sets"]
    assert [percent(share) for share in (0, 0.0001, 0.5, 0.9999, 1)] == ["0 %", "1 %", "50 %", "99 %", "100 %"]


WRONG_NAMES: dict[str, tuple[str, Callable[[AnnData], object]]] = {
    "method": ("'AUCell'.*Did you mean 'aucell'", lambda a: scgsfm.tl.score(a, LIBRARY, method="AUCell")),
    "beginning of a method": ("'auc'.*Did you mean 'aucell'", lambda a: scgsfm.tl.score(a, LIBRARY, method="auc")),
    "layer": ("'Counts'.*Did you mean 'counts'", lambda a: scgsfm.tl.score(a, LIBRARY, layer="Counts")),
    "group": ("Did you mean 'cell_type'", lambda a: scgsfm.tl.enrich(a, groupby="Cell_Type")),
    "symbols": ("Did you mean 'symbol'", lambda a: scgsfm.tl.embed_cells(a, gene_symbols="Symbol")),
    "mask": ("Did you mean 'highly_variable'", lambda a: scgsfm.tl.score(a, LIBRARY, mask_var="highly_varable")),
    "kind": ("'Latent'.*Did you mean 'latent'", lambda a: scgsfm.tl.embed_cells(a, kind="Latent")),  # type: ignore[arg-type]
    "mode": ("'Ranked'.*Did you mean 'ranked'", lambda a: scgsfm.tl.enrich(a, groupby="cell_type", mode="Ranked")),  # type: ignore[arg-type]
    "library": ("'halmark'.*Did you mean 'hallmark'", lambda a: scgsfm.tl.score(a, "halmark")),
    "model": ("'gsfm-bse'.*Did you mean 'gsfm-base'", lambda a: scgsfm.tl.embed_cells(a, model="gsfm-bse")),
    "parameter of a method": ("'n_upp'.*Did you mean 'n_up'", lambda a: scgsfm.tl.score(a, LIBRARY, n_upp=3)),
    "parameter": ("'methd'.*Did you mean 'method'", lambda a: scgsfm.tl.score(a, LIBRARY, methd="ulm")),
    "graph": ("'neighbor'.*Did you mean 'neighbors'", lambda a: scgsfm.tl.score(a, LIBRARY, smooth="neighbor")),
    "tissue": ("'bloood'.*Did you mean 'blood'", lambda a: scgsfm.tl.annotate(a, tissue="bloood")),
    "result": ("'enrch'.*Did you mean 'enrich'", lambda a: scgsfm.tl.cluster_terms(a, key="enrch")),
    "key": ("'enrch'.*Did you mean 'enrich'", lambda a: scgsfm.pl.enrich(a, key="enrch", show=False)),
    "group of a table": ("'b'.*Did you mean 'B'", lambda a: scgsfm.pl.enrich(a, "b", show=False)),
    "labels": ("'type'.*Did you mean 'types'", lambda a: scgsfm.pl.annotate(a, key="type", show=False)),
    "embedding": (
        "'UMAP'.*Did you mean 'umap'",
        lambda a: scgsfm.pl.annotate(a, key="types", basis="UMAP", show=False),
    ),
    "vectors": ("'singel'.*Did you mean 'single'", lambda a: scgsfm.tl.embed_genes(a, kind="singel")),  # type: ignore[arg-type]
    "cell type": (
        "'k562'.*Did you mean 'K562'",
        lambda _: scgsfm.tl.explain_regulation(sequences=["ACGT" * 50], cell_type="k562"),
    ),
}


@pytest.mark.parametrize("case", WRONG_NAMES)
def test_wrong_names_get_a_suggestion(case: str) -> None:
    message, call = WRONG_NAMES[case]
    adata = scgsfm.datasets.pbmc()[:40].copy()
    adata.layers["counts"] = adata.X
    adata.var["symbol"], adata.var["highly_variable"] = adata.var_names, True
    adata.obs["types"], adata.obs["types_confidence"] = adata.obs["cell_type"], 1.0
    adata.obsm["X_umap"] = np.zeros((adata.n_obs, 2))
    adata.obsp["connectivities"] = eye_array(adata.n_obs, format="csr")
    adata.uns["neighbors"] = {"connectivities_key": "connectivities"}
    rows = {"group": ["B"], "term": ["HALLMARK_HYPOXIA"], "score": [1.0], "padj": [0.01], "n_found": [9], "n_hits": [3]}
    adata.uns["enrich"] = pd.DataFrame(rows)
    adata.uns["scgsfm"] = {"enrich": {"function": "tl.enrich"}}
    with pytest.raises((ValueError, KeyError, TypeError), match=message):
        call(adata)


def test_offline_library_is_not_its_own_suggestion(own_settings: Settings) -> None:
    own_settings.offline = True
    with pytest.raises(DownloadError, match="'KEGG_2021_Human' is not embedded, and its download failed") as caught:
        scgsfm.datasets.library("KEGG_2021_Human")
    assert "Did you mean" not in str(caught.value)


def test_check_choice() -> None:
    check_choice("kind", None, ("a", None))
    with pytest.raises(ValueError, match=r"^`kind` is 'x', but must be 'a', 'b' or 'c'\.$"):
        check_choice("kind", "x", "abc")
    with pytest.raises(ValueError, match=r"must be 'a'\.$"):
        check_choice("kind", ["a"], ("a",))


def test_check_at_least() -> None:
    check_at_least("n", 1, 1)
    with pytest.raises(ValueError, match=r"^`n` is 0, but must be at least 1 \(or None for all\)\.$"):
        check_at_least("n", 0, 1, or_none="all")
    with pytest.raises(ValueError, match="`weight` is nan"):
        check_at_least("weight", float("nan"), 0)


@pytest.mark.parametrize("rng", [-1, "seed", 1.5, np.random.RandomState(0)])
def test_seeds(rng: Any) -> None:
    with pytest.raises(ValueError, match="`rng` is .*, but must be a whole number of at least 0"):
        random_generator(rng)


def test_generators_are_used_as_they_are() -> None:
    made = np.random.default_rng(1)
    assert random_generator(made) is made
    assert random_generator(3).integers(100) == np.random.default_rng(3).integers(100)
    assert isinstance(random_generator(None), np.random.Generator)


def test_verbs_agree() -> None:
    assert [f"{number(n, 'set')} {agrees(n, 'is', 'are')}" for n in (0, 1, 2)] == [
        "0 sets are",
        "1 set is",
        "2 sets are",
    ]
