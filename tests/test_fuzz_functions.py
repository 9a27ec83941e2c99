"""Every public function on random cells, peaks, gene lists and options.

- Cells of all array types give what a dense array of doubles gives, do not change, and the result survives a file.
- Lists of any type give the same, and do not change.
- Options beyond their range are refused by an error of the package that names something of the call.

The examples are the same in each run. `benchmarks/fuzz.py --only functions --seconds 600` searches further.
"""

from __future__ import annotations

import copy
import inspect
import io
import logging
import re
import time
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import pytest

import scgsfm
from scgsfm import GeneSets, errors, get, pp, tl

pytest.importorskip("hypothesis")
from tests.conftest import SmallR3LM
from tests.scoring.test_fuzz import (
    DTYPES,
    FORMS,
    FUNCTIONS,
    SYMBOLS,
    VALUES,
    Cells,
    cells,
    check,
    repeat,
    st,
    with_symbols,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SETS = {"T": SYMBOLS[:5], "B": SYMBOLS[5:8], "interferon": SYMBOLS[20:25], "myeloid": [*SYMBOLS[8:11], "ITGAM"]}
NUMBERED = {"A": [f"g{i}" for i in range(6)], "B/b": [f"g{i}" for i in range(4, 9)]}
CELL_SETS = {"score": "mean", "consensus": ["mean", "ulm", "zscore"]}
OPEN = [-1, 0, 1, 2, 7]
VALUES_OF = {
    "int": OPEN,
    "float": [-1.0, 0.0, 0.5, 1.0, 2.0, 1e-300, float("nan"), float("inf")],
    "str": ["", "group", "nope", "a", "T", "K562", "a/b", "é", "score_mean"],
    "bool": [True, False],
    "Sequence[str]": [[], ["nope"], ["a", "a"], ["T", "B"]],
    "None": [None],
}
"""Values by the type that an annotation names; those of the right type may be out of range."""
LEFT_ALONE = {
    *("adata", "data", "model", "copy", "genome", "motifs", "index", "gene_sets", "library", "libraries", "markers"),
    *("annotated_vcf", "sequences", "params", "question", "on_unknown", "evidence", "null", "smooth", "expand"),
}
"""Parameters with inputs of their own, or that other tests are about."""

WITHOUT: dict[str, str] = {
    "explore": "starts a server; its state is tested in tests/explorer",
    "GeneSets": "input of every function here; its files are those of the parsers",
    "datasets.atac": "has no input but `copy`-like options",
    "datasets.atac_genome": "has no input",
    "datasets.glioblastoma": "has no input",
    "datasets.gut": "has no input",
    "datasets.libraries": "has no input",
    "datasets.networks": "has no input",
    "datasets.pbmc": "has no input",
    "methods": "has no input",
    "models.available": "has no input",
    "models.as_model": "input of every function with a model; directories are those of `benchmarks/fuzz.py`",
    "models.load": "directories are those of `benchmarks/fuzz.py`",
    "models.chat": "connects to a server",
    "models.model_kind": "takes a model",
}
"""Public functions that are not called here, and why. Those of `pl` draw tables of `tl`: `test_plots_have_a_table`."""


@cache
def tiny() -> Any:
    """A small GSFM with random weights that knows the symbols."""
    import torch

    from scgsfm.models.gsfm import GSFM, build_module

    torch.manual_seed(0)
    genes = ["<unk>", "<pad>", *SYMBOLS]
    module = build_module({"vocab_size": len(genes), "d_model": 8, "depth": 2})
    for weights in module.parameters():
        torch.nn.init.normal_(weights)
    return GSFM(module, genes, name="tiny")


# ---------------------------------------------------------------- cells


def _stored(result: ad.AnnData | None, where: str, key: str) -> pd.DataFrame:
    assert result is not None
    survives(result)
    table = getattr(result, where)[key]
    return table if isinstance(table, pd.DataFrame) else pd.DataFrame(np.asarray(table)).add_prefix("x")


def survives(adata: ad.AnnData) -> None:
    """What was written is what a file gives back."""
    import h5py

    plain = ad.AnnData(obs=adata.obs, var=adata.var, uns=adata.uns, obsm=dict(adata.obsm), varm=dict(adata.varm))
    with h5py.File(io.BytesIO(), "w") as file:
        ad.io.write_elem(file, "data", plain)
        back = ad.io.read_elem(file["data"])
    for where in ("obs", "var"):
        pd.testing.assert_index_equal(getattr(back, where).columns, getattr(plain, where).columns, exact=False)
    for where in ("uns", "obsm", "varm"):
        for key, value in getattr(plain, where).items():
            found = getattr(back, where)[key]
            if isinstance(value, pd.DataFrame):
                pd.testing.assert_frame_equal(found, value, check_dtype=False, check_categorical=False)
            elif isinstance(value, np.ndarray):
                np.testing.assert_array_equal(found, value)


def scored(adata: ad.AnnData) -> ad.AnnData:
    """The cells with scores, on the numbers of genes."""
    result = tl.score(adata, NUMBERED, method="mean", copy=True)
    assert result is not None
    return result


def embed_genes(adata: ad.AnnData) -> pd.DataFrame:
    return _stored(tl.embed_genes(with_symbols(adata), model=tiny(), copy=True), "varm", "gsfm")


def predict_functions(adata: ad.AnnData) -> pd.DataFrame:
    result = tl.predict_functions(with_symbols(adata), library=SETS, n_top=2, model=tiny(), copy=True)
    return _stored(result, "uns", "predicted_functions")


def smooth(adata: ad.AnnData) -> pd.DataFrame:
    if adata.n_obs < 4:
        return pd.DataFrame()
    n = adata.n_obs
    ring = np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1)
    adata = adata.copy()
    adata.obsp["connectivities"] = ring
    return _stored(tl.score(adata, NUMBERED, method="mean", smooth="neighbors", copy=True), "obsm", "score_mean")


def consensus(adata: ad.AnnData) -> pd.DataFrame:
    result = tl.score(adata, NUMBERED, method=["mean", "ulm", "zscore"], copy=True)
    assert result is not None
    survives(result)
    return pd.concat({key: table for key, table in result.obsm.items() if key.startswith("score")}, axis=1)


def contributions(adata: ad.AnnData) -> pd.DataFrame:
    return get.contributions(adata, NUMBERED, method="mean", groupby="group")


def depth(adata: ad.AnnData) -> pd.DataFrame:
    return get.depth(scored(adata), "mean")


def scores(adata: ad.AnnData) -> pd.DataFrame:
    return get.scores(scored(adata), "mean")


def score_adata(adata: ad.AnnData) -> pd.DataFrame:
    found = get.score_adata(scored(adata), "mean")
    return pd.DataFrame(np.asarray(found.X), columns=list(found.var_names))


def binarized_scores(adata: ad.AnnData) -> pd.DataFrame:
    return get.binarized_scores(scored(adata), "mean").astype(float)


def cell_cycle_phases(adata: ad.AnnData) -> pd.DataFrame:
    cycle = {"s": ["g0", "g1"], "g2m": ["g2", "g3"]}
    result = tl.score(adata, cycle, method="mean", copy=True)
    assert result is not None
    return get.cell_cycle_phases(result, "mean", s="s", g2m="g2m").astype(str).to_frame()


def cluster_terms(adata: ad.AnnData) -> pd.DataFrame:
    named = with_symbols(adata)
    tl.enrich(named, SETS, groupby="group", mode="overlap", max_padj=1, min_genes=2)
    tl.cluster_terms(named, SETS, by="jaccard", max_padj=None)
    survives(named)
    return named.uns["cluster_terms"].sort_values(["group", "term"])[["group", "term"]]


def drugs(adata: ad.AnnData) -> pd.DataFrame:
    result = tl.drugs(with_symbols(adata), "group", index=signatures(), n_top=5, copy=True)
    return _stored(result, "uns", "drugs").sort_values(["group", "compound"])[["group", "compound"]]


def explain(adata: ad.AnnData) -> pd.DataFrame:
    result = tl.explain(
        with_symbols(adata), "group", libraries={"own": SETS}, phenotypes=False, model=tiny(), copy=True
    )
    return _stored(result, "uns", "explanations")[["group", "text"]]


CELL_FUNCTIONS: dict[str, Callable[[ad.AnnData], pd.DataFrame]] = {
    "tl.embed_genes": embed_genes,
    "tl.predict_functions": predict_functions,
    "tl.score": smooth,
    "tl.score, several methods": consensus,
    "get.contributions": contributions,
    "get.depth": depth,
    "get.scores": scores,
    "get.score_adata": score_adata,
    "get.binarized_scores": binarized_scores,
    "get.cell_cycle_phases": cell_cycle_phases,
    "tl.cluster_terms": cluster_terms,
    "tl.drugs": drugs,
    "tl.explain": explain,
}
ELSEWHERE = {
    **{f"tl.{name}": name for name in ("enrich", "annotate", "compare", "embed_cells", "drug_scores", "phenotypes")},
    "pp.resolve_genes": "resolve_genes",
    "get.coverage": "coverage",
}
"""Names in `FUNCTIONS` of `tests/scoring/test_fuzz.py`."""


@cache
def signatures() -> pd.DataFrame:
    """Signatures of six compounds."""
    rng = np.random.default_rng(0)
    rows = [
        (f"c{i}", gene, 1 if j % 2 else -1) for i in range(6) for j, gene in enumerate(rng.permutation(SYMBOLS)[:16])
    ]
    return pd.DataFrame(rows, columns=["compound", "gene", "weight"])


# ---------------------------------------------------------------- peaks

N_PEAKS = 60


@cache
def small_model() -> SmallR3LM:
    return SmallR3LM()


@cache
def few_motifs() -> Any:
    from scgsfm.motifs import Motifs

    return Motifs.embedded("jaspar2024")


@cache
def peak_texts() -> list[str]:
    rng = np.random.default_rng(0)
    return ["".join(row) for row in rng.choice(list("ACGT"), (N_PEAKS, 60))]


def with_peaks(adata: ad.AnnData) -> ad.AnnData:
    """The values, repeated, as accessibility of peaks with sequences."""
    n_times = -(-N_PEAKS // max(adata.n_vars, 1))
    named = ad.concat([adata] * n_times, axis=1, merge="same")[:, :N_PEAKS].copy() if adata.n_vars else adata.copy()
    named.var_names = [f"chr1:{1000 * i}-{1000 * i + 60}" for i in range(named.n_vars)]
    named.var["sequence"] = peak_texts()[: named.n_vars]
    return named


def motif_activity(adata: ad.AnnData) -> pd.DataFrame:
    options = {"sequences": "sequence", "motifs": few_motifs(), "n_permutations": 20, "max_padj": None}
    result = tl.motif_activity(with_peaks(adata), "group", min_peaks=2, copy=True, **options)
    return _stored(result, "uns", "motif_activity")[["group", "motif", "n_peaks"]]


def motif_deviations(adata: ad.AnnData) -> pd.DataFrame:
    options = {"sequences": "sequence", "motifs": few_motifs(), "n_background": 5, "min_expected": 0.01}
    result = tl.motif_deviations(with_peaks(adata), min_peaks=2, copy=True, **options)
    return _stored(result, "obsm", "motif_deviations")


def regulatory_activity(adata: ad.AnnData) -> pd.DataFrame:
    from unittest.mock import patch

    with patch("scgsfm.tl._regulatory_activity.as_model", lambda *_: small_model()):
        result = tl.regulatory_activity(with_peaks(adata), sequences="sequence", groupby="group", copy=True)
    return _stored(result, "uns", "r3lm_activity_groups")


PEAK_FUNCTIONS: dict[str, Callable[[ad.AnnData], pd.DataFrame]] = {
    "tl.motif_activity": motif_activity,
    "tl.motif_deviations": motif_deviations,
    "tl.regulatory_activity": regulatory_activity,
}

# ---------------------------------------------------------------- lists

NAMES = [*SYMBOLS[:12], "nope", "", "é", "cd3d", "ENSG00000141510", "1-Mar", "TP53 ", "a/b", "CD3D", "\x00"]
TERMS = ["HP:0001166", "Seizure", "Marfan syndrome", "HP:9999999", "OMIM:154700", "", "é", "seizures", "HP:0001250"]
QUESTIONS = [
    *("Which genes cause Marfan syndrome?", "What does FBN1 do?", "", "?", "Is TP53 related to Seizure?"),
    *("é\x00", "Which phenotypes does  have?", "FBN1 " * 50, "Which genes cause HP:0001250 and HP:9999999?"),
]
DNA = ["chr1:101:A:C", "chr1:0:A:C", "chr1:300:AC:A", "nope", "", "chr9:5:A:C", "chr1:99999:A:C", "chr1:50:A:<DEL>"]


@cache
def genome() -> dict[str, str]:
    text = list("".join(np.random.default_rng(0).choice(list("ACGT"), 700)))
    text[100], text[299:301] = "A", "AC"
    return {"chr1": "".join(text)}


def by_model(name: str) -> Any:
    """A function of the model of regulatory DNA, with the small one."""
    from unittest.mock import patch

    def call(*args: Any, **kwargs: Any) -> Any:
        with patch(f"scgsfm.tl._{name}.as_model", lambda *_: small_model()):
            return getattr(tl, name)(*args, **kwargs)

    return call


def _frame(value: Any) -> pd.DataFrame:
    """A result as a table."""
    if isinstance(value, pd.DataFrame):
        return value
    if isinstance(value, GeneSets):
        return pd.DataFrame({"genes": [repr(list(value[name])) for name in value.names]}, index=list(value.names))
    return pd.DataFrame({"text": [re.sub(r"0x[0-9a-f]+", "", repr(value))]})


LIST_FUNCTIONS: dict[str, tuple[list[str], Callable[[Any], Any]]] = {
    "tl.enrich": (NAMES, lambda given: tl.enrich(given, SETS, min_genes=2, max_padj=1)),
    "tl.predict_functions": (NAMES, lambda given: tl.predict_functions(given, library=SETS, model=tiny())),
    "tl.related_genes": (NAMES, lambda given: tl.related_genes(given, n_genes=3, among=SYMBOLS, model=tiny())),
    "tl.explain": (
        NAMES,
        lambda given: tl.explain(genes=given, libraries={"own": SETS}, phenotypes=False, model=tiny()),
    ),
    "tl.drugs": (NAMES, lambda given: tl.drugs(up=given, down=["MYC"], background=SYMBOLS, index=signatures())),
    "tl.embed_sets": (NAMES, lambda given: tl.embed_sets({"one": given}, model=tiny())),
    "tl.complete_sets": (NAMES, lambda given: tl.complete_sets({"one": given}, n_genes=3, model=tiny())),
    "tl.gene_phenotype": (NAMES, lambda given: tl.gene_phenotype(given, "Seizure")),
    "tl.rank_genes": (TERMS, lambda given: tl.rank_genes(given, n_top=3)),
    "tl.variant_effect": (DNA, lambda given: by_model("variant_effect")(given, genome=genome())),
    "tl.haplotype_effect": (DNA, lambda given: by_model("haplotype_effect")({"h": given}, genome=genome())),
    "genesets": (NAMES, lambda given: GeneSets({"one": given})),
    "pp.resolve_genes": (NAMES, lambda given: scgsfm.genes.resolve(given).how),
}
TEXT_FUNCTIONS: dict[str, tuple[list[str], Callable[[Any], Any]]] = {
    "tl.ask": (QUESTIONS, lambda given: tl.ask(given, n_max=3, predict=False)),
    "tl.gene_page": (NAMES, lambda given: tl.gene_page(given, libraries={"own": SETS}, n_top=3, model=tiny())),
    "tl.related_genes, one": (NAMES, lambda given: tl.related_genes(given, n_genes=3, model=tiny())),
    "tl.rank_genes, one": (TERMS, lambda given: tl.rank_genes(given, n_top=3)),
    "tl.variant_effect, one": (DNA, lambda given: by_model("variant_effect")([given], genome=genome())),
    "tl.design_elements": (
        ["ACGT" * 50, "N" * 200, "", "acgt" * 50, "é", "ACGU" * 50, "AC"],
        lambda given: by_model("design_elements")(given, "K562", max_changes=1),
    ),
    "tl.explain, gene": (
        NAMES,
        lambda given: tl.explain(gene=given, libraries={"own": SETS}, phenotypes=False, model=tiny()),
    ),
    "tl.explain, term": (
        TERMS,
        lambda given: tl.explain(term=given, libraries={"own": SETS}, phenotypes=False, model=tiny()),
    ),
    "datasets.library": (
        ["hallmark", "nope", "", "go_bp/", "../x", "é", "Hallmark", "\x00"],
        lambda given: scgsfm.datasets.library(given).names[:3],
    ),
    "datasets.network": (["nope", "", "../x", "collectri", "\x00"], scgsfm.datasets.network),
    "datasets.marker_table": (["nope", "", "blood", "\x00"], scgsfm.datasets.marker_table),
    "tl.saturation_mutagenesis": (
        ["ACGT" * 20, "N" * 20, "", "é", "AC"],
        lambda given: by_model("saturation_mutagenesis")(sequences=[given], cell_type="K562"),
    ),
    "tl.explain_regulation": (
        ["ACGT" * 20, "N" * 20, "", "é", "AC"],
        lambda given: by_model("explain_regulation")(sequences=[given], cell_type="K562", bases=False),
    ),
}


def forms(given: list[str]) -> dict[str, Any]:
    """The same names in other containers."""
    array = np.empty(len(given), object)
    array[:] = given
    return {"tuple": tuple(given), "array": array, "Series": pd.Series(given, dtype=object), "Index": pd.Index(array)}


# ---------------------------------------------------------------- errors and options


def is_clear(error: BaseException) -> bool:
    """Whether an error is of the package, and says more than a type."""
    if not isinstance(error, ValueError | TypeError | KeyError | OSError | ImportError):
        return False
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    assert trace is not None
    file = trace.tb_frame.f_code.co_filename
    own = "/scgsfm/" in file and "/tests/" not in file
    return own and len(str(error)) > 15 and " " in str(error)


def called(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[str, Any]:
    """The result, or the type of a clear error; other errors are raised."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return "result", function(*args, **kwargs)
        except Exception as error:
            if not is_clear(error):
                raise
            return "refused", type(error)


def check_list(name: str, given: list[str]) -> None:
    """All containers give the same, and do not change."""
    function = LIST_FUNCTIONS[name][1]
    before = copy.copy(given)
    found = called(function, given)
    assert given == before
    others = forms(given)
    if found[0] == "result":  # one for each example, since these take longer
        kind = list(others)[len(given) % len(others)]
        others = {kind: others[kind]}
    for kind, other in others.items():
        again = called(function, other)
        assert again[0] == found[0], f"{kind}: {again}, but list: {found}"
        if found[0] == "result":
            pd.testing.assert_frame_equal(_frame(found[1]), _frame(again[1]), obj=kind)
        else:
            assert again[1] is found[1]


def check_text(name: str, given: str) -> None:
    """Twice the same."""
    function = TEXT_FUNCTIONS[name][1]
    found, again = called(function, given), called(function, given)
    assert found[0] == again[0]
    if found[0] == "result":
        pd.testing.assert_frame_equal(_frame(found[1]), _frame(again[1]))


def choices(annotation: str) -> list[Any]:
    """Values of the types that an annotation names."""
    found = [
        value
        for kind, values in VALUES_OF.items()
        if re.search(rf"(?<!\w){re.escape(kind)}(?![\w\[])", annotation)
        for value in values
    ]
    found += re.findall(r"'(\w+)'|\"(\w+)\"", annotation) and [
        a or b for a, b in re.findall(r"'(\w+)'|\"(\w+)\"", annotation)
    ]
    return [*found, "nope"] if "Literal" in annotation else found


@cache
def everything() -> ad.AnnData:
    """Cells with a result of every function that writes one."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(1.0, (24, len(SYMBOLS))).astype(np.float32)
    counts[::2, :6] += 4
    obs = pd.DataFrame({"group": ["a", "b"] * 12}, index=[f"c{i}" for i in range(24)])
    obs["sample"], obs["condition"] = [f"s{i % 6}" for i in range(24)], [f"k{i % 6 // 3}" for i in range(24)]
    adata = ad.AnnData(counts, obs, pd.DataFrame(index=SYMBOLS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tl.score(adata, SETS, method=["mean", "aucell"])
        tl.annotate(adata, markers=SETS, groupby="group", n_random=3)
        tl.enrich(adata, SETS, groupby="group", max_padj=1, min_genes=2)
        tl.cluster_terms(adata, SETS, by="jaccard", max_padj=None)
        tl.compare(adata, "score_mean", condition="condition", sample="sample", min_cells=1, min_samples=2)
        tl.drugs(adata, "group", index=signatures())
        tl.predict_functions(adata, library=SETS, model=tiny())
        tl.explain(adata, "group", libraries={"own": SETS}, phenotypes=False, model=tiny())
        tl.phenotypes(adata, "group", max_padj=1, min_genes=2)
    return adata


@cache
def peaks() -> ad.AnnData:
    """Peaks with a result of every function of regulatory DNA."""
    rng = np.random.default_rng(0)
    adata = ad.AnnData(rng.poisson(1.0, (24, N_PEAKS)).astype(np.float32))
    adata.obs["group"] = ["a", "b"] * 12
    adata.var_names = [f"chr1:{1000 * i}-{1000 * i + 60}" for i in range(N_PEAKS)]
    adata.var["sequence"] = peak_texts()
    options = {"sequences": "sequence", "motifs": few_motifs(), "min_peaks": 2}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tl.motif_activity(adata, "group", n_permutations=20, max_padj=None, **options)
        tl.motif_deviations(adata, n_background=3, min_expected=0.01, **options)
        by_model("regulatory_activity")(adata, sequences="sequence", groupby="group", cells=True)
        by_model("saturation_mutagenesis")(adata, elements=list(adata.var_names[:2]), sequences="sequence")
        by_model("explain_regulation")(adata, elements=list(adata.var_names[:2]), sequences="sequence")
    return adata


PEAK_TABLES = [
    "explain_regulation",
    "motif_activity",
    "motif_deviations",
    "regulatory_activity",
    "saturation_mutagenesis",
]
OPTION_CALLS: dict[str, Callable[..., Any]] = {
    "tl.score": lambda **options: tl.score(everything(), SETS, copy=True, **{"method": "mean"} | options),
    "tl.annotate": lambda **options: tl.annotate(everything(), markers=SETS, copy=True, **{"n_random": 3} | options),
    "tl.enrich": lambda **options: tl.enrich(everything(), SETS, copy=True, **{"groupby": "group"} | options),
    "tl.compare": lambda **options: tl.compare(
        everything(), "score_mean", copy=True, **{"condition": "condition", "sample": "sample"} | options
    ),
    "tl.cluster_terms": lambda **options: tl.cluster_terms(
        everything(), SETS, copy=True, **{"by": "jaccard"} | options
    ),
    "tl.drugs": lambda **options: tl.drugs(
        everything(), index=signatures(), copy=True, **{"groupby": "group"} | options
    ),
    "tl.drug_scores": lambda **options: tl.drug_scores(
        everything(), index=signatures(), copy=True, **{"compounds": ["c1"]} | options
    ),
    "tl.embed_cells": lambda **options: tl.embed_cells(everything(), model=tiny(), copy=True, **options),
    "tl.embed_genes": lambda **options: tl.embed_genes(everything(), model=tiny(), copy=True, **options),
    "tl.embed_sets": lambda **options: tl.embed_sets(SETS, model=tiny(), **options),
    "tl.complete_sets": lambda **options: tl.complete_sets(SETS, model=tiny(), **options),
    "tl.phenotypes": lambda **options: tl.phenotypes(everything(), copy=True, **{"groupby": "group"} | options),
    "tl.predict_functions": lambda **options: tl.predict_functions(["CD3D"], library=SETS, model=tiny(), **options),
    "tl.related_genes": lambda **options: tl.related_genes(model=tiny(), **{"genes": "CD3D", "n_genes": 3} | options),
    "tl.rank_genes": lambda **options: tl.rank_genes(["Seizure"], **{"n_top": 3} | options),
    "tl.gene_page": lambda **options: tl.gene_page(libraries={"own": SETS}, model=tiny(), **{"gene": "CD3D"} | options),
    "tl.explain": lambda **options: tl.explain(
        genes=["CD3D", "CD3E"], libraries={"own": SETS}, model=tiny(), **{"phenotypes": False} | options
    ),
    "tl.motif_activity": lambda **options: tl.motif_activity(
        peaks(),
        copy=True,
        **{"groupby": "group", "sequences": "sequence", "motifs": few_motifs(), "min_peaks": 2} | options,
    ),
    "tl.motif_deviations": lambda **options: tl.motif_deviations(
        peaks(), copy=True, **{"sequences": "sequence", "motifs": few_motifs(), "n_background": 3} | options
    ),
    "pp.resolve_genes": lambda **options: pp.resolve_genes(everything(), copy=True, **options),
    "get.contributions": lambda **options: get.contributions(everything(), SETS, **{"method": "mean"} | options),
    "get.coverage": lambda **options: get.coverage(everything(), SETS, **options),
    **{
        f"get.{name}": lambda name=name, **options: getattr(get, name)(
            peaks() if name in PEAK_TABLES else everything(), **options
        )
        for name in get.__all__
        if name not in {"contributions", "coverage"}
    },
}


def options_of(name: str, rng: np.random.Generator) -> dict[str, Any]:
    """One to three options of a function, of the right types."""
    module, _, function = name.partition(".")
    known = inspect.signature(getattr(getattr(scgsfm, module), function)).parameters
    drawn = {key: choices(str(parameter.annotation)) for key, parameter in known.items() if key not in LEFT_ALONE}
    drawn = {key: values for key, values in drawn.items() if values}
    if not drawn:
        return {}
    chosen = rng.choice(list(drawn), min(len(drawn), int(rng.integers(1, 4))), replace=False)
    return {str(key): drawn[key][rng.integers(len(drawn[key]))] for key in chosen}


def check_options(name: str, seed: int) -> None:
    """A result, or a clear error; and the data do not change."""
    options = options_of(name, np.random.default_rng(seed))
    data = peaks() if name.partition(".")[2] in PEAK_TABLES else everything()
    before = [list(part) for part in (data.obs, data.var, data.uns, data.obsm, data.varm)]
    called(OPTION_CALLS[name], **options)
    assert before == [list(part) for part in (data.obs, data.var, data.uns, data.obsm, data.varm)]


# ---------------------------------------------------------------- tests


def quiet() -> None:
    logging.getLogger("scgsfm").setLevel("CRITICAL")


@pytest.mark.parametrize("name", CELL_FUNCTIONS)
@pytest.mark.filterwarnings("ignore")
def test_cells(name: str) -> None:
    repeat(4, lambda made: check(CELL_FUNCTIONS[name], made, rtol=1e-6), cells())


@pytest.mark.parametrize("name", PEAK_FUNCTIONS)
@pytest.mark.filterwarnings("ignore")
def test_peaks(name: str) -> None:
    repeat(2, lambda made: check(PEAK_FUNCTIONS[name], made, rtol=1e-5), cells())


@pytest.mark.parametrize("name", LIST_FUNCTIONS)
def test_lists(name: str) -> None:
    repeat(3, lambda given: check_list(name, given), st.lists(st.sampled_from(LIST_FUNCTIONS[name][0]), max_size=6))


@pytest.mark.parametrize("name", TEXT_FUNCTIONS)
def test_texts(name: str) -> None:
    repeat(3, lambda given: check_text(name, given), st.sampled_from(TEXT_FUNCTIONS[name][0]))


@pytest.mark.parametrize("name", OPTION_CALLS)
def test_options(name: str) -> None:
    repeat(5, lambda seed: check_options(name, seed), st.integers(0, 10**6))


def public_functions() -> list[str]:
    """Names of all public functions."""
    found = []
    for module in ("tl", "pp", "get", "datasets", "models"):
        found += [f"{module}.{name}" for name in getattr(scgsfm, module).__all__]
    found += [name for name in scgsfm.__all__ if not inspect.ismodule(getattr(scgsfm, name))]
    return [name for name in found if callable(_named(name))]


def _named(name: str) -> Any:
    value = scgsfm
    for part in name.split("."):
        value = getattr(value, part)
    return value


def test_every_public_function_is_called() -> None:
    """A new function is called here, or `WITHOUT` says why not."""
    groups = (CELL_FUNCTIONS, PEAK_FUNCTIONS, LIST_FUNCTIONS, TEXT_FUNCTIONS, OPTION_CALLS, ELSEWHERE)
    called_here = {name.partition(",")[0] for group in groups for name in group}
    public = {name for name in public_functions() if not inspect.isclass(_named(name)) or name == "GeneSets"}
    assert sorted(public - called_here - set(WITHOUT)) == []
    assert sorted(set(WITHOUT) - public) == []
    assert sorted(called_here & set(WITHOUT)) == []
    assert set(ELSEWHERE.values()) <= set(FUNCTIONS)


def test_plots_have_a_table() -> None:
    """The functions of `pl` draw what a function of `tl` or `get` computes, or gene sets; names of them are hostile in tests/pl."""
    drawn = {
        "design": "design_elements",
        "enrichment_map": "enrich",
        "leading_edge": "enrich",
        "running_score": "enrich",
    }
    drawn |= {"term_heatmap": "enrich", "gene_map": "embed_genes", "regulatory_card": "explain_regulation"}
    drawn |= {"score_agreement": "score", "set_overlap": "score"}
    for name in scgsfm.pl.__all__:
        assert drawn.get(name, name) in tl.__all__, f"pl.{name} draws no table of tl: add a check of what it computes"


def example(rng: np.random.Generator) -> list[tuple[str, Any, Callable[[], None]]]:
    """A new example of each kind: the name of a function, its input, and the check."""
    on_cells = CELL_FUNCTIONS | PEAK_FUNCTIONS
    shape = int(rng.integers(10)), int(rng.choice([0, 1, 2, 3, 8, 12, 20, 30]))
    ordinary = (VALUES, ["counts", "logs"] * 3), (DTYPES, ["float32"] * 4), (FORMS, [])
    kinds = [str(rng.choice([*others, *often])) for others, often in ordinary]
    made = Cells(
        int(rng.integers(10**9)), shape, *kinds, str(rng.choice(["unique", "repeated"])), bool(rng.integers(2))
    )
    groups = (on_cells, LIST_FUNCTIONS, TEXT_FUNCTIONS)
    name, listed, text = (str(rng.choice(list(group))) for group in groups)
    given = rng.choice(np.array(LIST_FUNCTIONS[listed][0], object), rng.integers(7)).tolist()
    word = str(rng.choice(TEXT_FUNCTIONS[text][0]))
    found: list[tuple[str, Any, Callable[[], None]]] = [
        (name, made, lambda: check(on_cells[name], made, rtol=1e-5)),
        (listed, given, lambda: check_list(listed, given)),
        (text, word, lambda: check_text(text, word)),
    ]
    for option in rng.choice(list(OPTION_CALLS), 3).tolist():
        seed = int(rng.integers(10**9))
        options = options_of(option, np.random.default_rng(seed))
        found.append((option, options, lambda option=option, seed=seed: check_options(option, seed)))
    return found


def search(seconds: float, seed: int) -> dict[str, Any]:
    """New examples for some seconds, for `benchmarks/fuzz.py`."""
    quiet()
    rng, begun, findings, n, failed, slowest = np.random.default_rng(seed), time.time(), dict[str, Any](), 0, 0, 0.0
    while time.time() - begun < seconds:
        for name, given, run in example(rng):
            started = time.process_time()
            try:
                run()
            except Exception as error:  # noqa: BLE001  this is what is looked for
                failed += 1
                key = f"{name}: {type(error).__name__}: {str(error)[:150]}"
                findings.setdefault(key, {"message": "", "input": repr(given)})
            n += 1
            slowest = max(slowest, time.process_time() - started)
    state = {"executions": n, "seconds": time.time() - begun, "slowest": slowest, "peak": 0}
    return state | {"outcomes": {"equal or refused": n - failed, "found": failed}, "findings": findings}


def test_errors_of_the_package_are_subclasses() -> None:
    """So that `is_clear` knows them."""
    classes = [each for each in vars(errors).values() if inspect.isclass(each) and not issubclass(each, Warning)]
    assert all(issubclass(each, ValueError | TypeError | OSError) for each in classes)
