"""The images of the plots, compared with those in ``baseline``.

After a change that is meant, draw them again: ``pytest tests/pl/test_images.py --mpl-generate-path tests/pl/baseline``.

Images are small and blurred, since each version of matplotlib and FreeType draws letters in another width, and what stands beside
them moves: the same plot by matplotlib 3.10 and by 3.11 differs by up to 8 of 255. Texts are checked by the tests of each function
and of the layout. The data need no torch.
"""

from __future__ import annotations

from importlib.metadata import version
from io import BytesIO
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import anndata
import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from matplotlib import pyplot as plt
from PIL import Image, ImageFilter

import scgsfm
from scgsfm.explanation import Claim, Explanation, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure
    from tests.conftest import SmallR3LM

pl = scgsfm.pl
GENES = ["CD3D", "CD3E", "LCK", "ISG15", "IFIT1", "MX1", "OAS1", "LYZ", "CD14", "S100A8"]

SIZE = (64, 48)
"""Width and height of the images in pixels."""
CONTRAST = 40.0
"""Standard deviation of the pixels of each image, so that one tolerance fits plots with few marks and with many."""
TOLERANCE = 10 if version("scanpy").startswith("1.11.") else 17
"""The baseline is of scanpy 1.11. Version 1.12 places dots and violins a little differently (15.7 at most)."""
image = pytest.mark.mpl_image_compare(
    baseline_dir="baseline", style="default", tolerance=TOLERANCE, savefig_kwargs={"dpi": 100}
)


def small(figure: Any) -> Figure:
    """The figure as a blurred image of fixed size and contrast, for which letters that are a pixel wider do not matter."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    plt.close(figure)
    frame = plt.figure(figsize=(SIZE[0] / 100, SIZE[1] / 100), dpi=100)
    frame.figimage(blurred(Image.open(buffer)))
    return frame


def blurred(picture: Image.Image) -> np.ndarray:
    """Colors of the pixels of the small image."""
    picture = picture.convert("RGB").resize((2 * SIZE[0], 2 * SIZE[1]), Image.Resampling.BOX)
    picture = picture.filter(ImageFilter.GaussianBlur(4)).resize(SIZE, Image.Resampling.BOX)
    ink = 255 - np.asarray(picture, dtype=float)
    ink *= CONTRAST / ink.std(axis=(0, 1)).mean()
    return (255 - ink.clip(0, 255)).round().astype(np.uint8)


@pytest.fixture(scope="module")
def pbmc() -> AnnData:
    """Cells with enriched terms, log-normalized."""
    import scanpy as sc

    adata = scgsfm.datasets.pbmc()
    adata = adata[adata.obs["cell_type"].isin(["B", "NK", "CD14+ Mono", "Platelet"])].copy()
    adata.obs["cell_type"] = adata.obs["cell_type"].cat.remove_unused_categories()
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    scgsfm.tl.enrich(adata, "hallmark", groupby="cell_type")
    return adata


@image
@pytest.mark.parametrize("kind", ["embedding", "matrixplot", "dotplot", "violin", "ridge", "heatmap", "tracksplot"])
def test_score(kind: Any, cells: Callable[[int], AnnData]) -> Figure:
    groupby = None if kind == "embedding" else "cell_type"
    n_sets = 2 if kind == "embedding" else 4
    return small(pl.score(cells(n_sets), kind=kind, groupby=groupby, method="aucell", return_fig=True))


@image
@pytest.mark.parametrize("kind", ["matrix", "sets"])
def test_score_agreement(kind: Any, cells: Callable[[int], AnnData]) -> Figure:
    return small(pl.score_agreement(cells(6), kind=kind, return_fig=True))


@image
@pytest.mark.parametrize("kind", ["matrix", "upset"])
def test_set_overlap(kind: Any) -> Figure:
    sets = {f"set {i}": [f"G{(7 * i + 3 * j) % 31}" for j in range(5 + 2 * i)] for i in range(5)}
    return small(pl.set_overlap(sets, kind=kind, return_fig=True))


@image
@pytest.mark.parametrize("kind", ["embedding", "matrix"])
def test_annotate(kind: Any, pbmc: AnnData) -> Figure:
    adata = pbmc[::5].copy()
    adata.obsm["X_umap"] = np.random.default_rng(0).normal(size=(adata.n_obs, 2))
    scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cell_type")
    return small(pl.annotate(adata, kind=kind, return_fig=True))


@image
@pytest.mark.parametrize("kind", ["dot", "bar", "volcano"])
def test_enrich(kind: Any, pbmc: AnnData) -> Figure:
    return small(pl.enrich(pbmc, ["B", "CD14+ Mono"], kind=kind, return_fig=True))


@image
@pytest.mark.parametrize("kind", ["dot", "volcano", "samples"])
def test_compare(kind: Any) -> Figure:
    rng = np.random.default_rng(0)
    obs = pd.DataFrame({"donor": [f"d{i % 6}" for i in range(360)]}, index=[f"c{i}" for i in range(360)])
    obs["type"] = np.repeat(["B", "T", "Mono"], 120)
    obs["group"] = np.where(np.arange(360) % 6 < 3, "control", "treated")
    scores = pd.DataFrame(rng.normal(size=(360, 12)), obs.index, [f"set {i}" for i in range(12)])
    scores += np.outer(obs["group"] == "treated", rng.normal(size=12))
    adata = anndata.AnnData(np.ones((360, 1), np.float32), obs, obsm={"score": scores})
    scgsfm.tl.compare(adata, "score", condition="group", sample="donor", groupby="type")
    return small(pl.compare(adata, ["B", "T"], kind=kind, return_fig=True))


@image
def test_running_score() -> Figure:
    sets = scgsfm.datasets.library("hallmark")
    ranking = pd.Series(np.random.default_rng(0).normal(size=len(sets.genes)), index=sets.genes)
    ranking[sets["HALLMARK_HYPOXIA"]] += 1
    return small(pl.running_score(ranking, ["HALLMARK_HYPOXIA", "HALLMARK_APOPTOSIS"], return_fig=True))


@image
def test_leading_edge(pbmc: AnnData) -> Figure:
    return small(pl.leading_edge(pbmc, "CD14+ Mono", n_terms=4, n_genes=20, return_fig=True))


def clusters() -> AnnData:
    """Terms in three clusters, which are enriched in one of two groups or in both."""
    sets = {f"term {i}": [f"G{i % 3}_{(5 * i + j) % 30}" for j in range(12 + i)] for i in range(12)}
    parts = []
    for group, sign in (("x", (3, -2, 2)), ("y", (-1, -3, 3))):
        score = np.array([sign[i % 3] + 0.05 * i for i in range(12)])
        parts.append(pd.DataFrame({"group": group, "term": list(sets), "score": score, "padj": 10.0 ** -abs(score)}))
    adata = AnnData(np.zeros((1, 1)), uns={"enrich": pd.concat(parts, ignore_index=True)})
    scgsfm.tl.cluster_terms(adata, sets, by="jaccard", min_similarity=0.15)
    return adata


@image
@pytest.mark.parametrize("kind", ["pie", "panels"])
def test_enrichment_map(kind: Any, monkeypatch: pytest.MonkeyPatch) -> Figure:
    # positions of t-SNE differ between versions of scikit-learn
    places = np.array([[i % 3, i // 3] for i in range(12)]) + np.array([[0.0, 0.1 * (i % 2)] for i in range(12)])
    monkeypatch.setattr("scgsfm.pl._term_network._positions", lambda _: places)
    return small(pl.enrichment_map(clusters(), kind=kind, return_fig=True))


@image
@pytest.mark.parametrize("kind", ["groups", "similarity"])
def test_term_heatmap(kind: Any) -> Figure:
    return small(pl.term_heatmap(clusters(), kind=kind, return_fig=True))


@image
def test_complete_sets() -> Figure:
    p = np.geomspace(0.9, 0.002, len(GENES))
    columns = {"gene": GENES, "rank": np.arange(1, len(p) + 1), "known": p > 0.1}
    table = pd.concat([pd.DataFrame({"set": name, **columns, "probability": p**n}) for n, name in ((1, "a"), (2, "b"))])
    return small(pl.complete_sets(table, return_fig=True))


@image
def test_predict_functions() -> Figure:
    p = np.geomspace(0.8, 0.001, 6)
    columns = {"rank": np.arange(1, 7), "known": p > 0.1, "auroc": np.linspace(0.6, 0.95, 6)}
    parts = [
        pd.DataFrame({"gene": gene, "term": [f"term {i}" for i in range(6)], **columns, "probability": p**n})
        for n, gene in ((1, "CD3D"), (2, "LYZ"))
    ]
    return small(pl.predict_functions(pd.concat(parts), return_fig=True))


@image
def test_gene_map() -> Figure:
    xy = np.random.default_rng(0).normal(size=(120, 2))
    names = [*GENES, *(f"G{i}" for i in range(110))]
    sets = {"T cell": GENES[:3], "interferon": GENES[3:7]}
    return small(pl.gene_map(pd.DataFrame(xy, index=names), gene_sets=sets, return_fig=True))


@image
def test_phenotypes(monkeypatch: pytest.MonkeyPatch) -> Figure:
    source = SimpleNamespace(about=lambda: "version of the annotations")  # so that a new one needs no new image
    monkeypatch.setattr("scgsfm.pl._phenotypes.load_annotations", lambda: source)
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame({
            "group": group, "kind": "phenotype", "evidence": "known", "id": [f"p:{i}" for i in order],
            "term": [f"name {i}" for i in order], "score": rng.uniform(0.1, 5, 20), "n_hits": 3,
            "genes": [f"g{i}" for i in order], "pvalue": 10.0 ** -np.arange(20)[::-1], "padj": 10.0 ** -np.arange(20)[::-1],
        })
        for group, order in (("B", range(20)), ("T", range(19, -1, -1)))
    ]  # fmt: skip
    return small(pl.phenotypes(pd.concat(parts, ignore_index=True), return_fig=True))


@image
def test_drugs() -> Figure:
    scores = np.concatenate([np.linspace(4, 1, 8), np.linspace(-1, -3, 8)])
    columns = {
        "compound": [f"compound {i}" for i in range(16)],
        "score": scores,
        "padj": 0.2 * np.exp(-(scores**2) / 4),
    }
    mechanisms = [f"Inhibitor {i % 4}" if i % 3 else "" for i in range(16)]
    return small(
        pl.drugs(pd.DataFrame({"group": "B", **columns, "mechanism": mechanisms}), n_compounds=6, return_fig=True)
    )


def dna() -> str:
    """Random DNA with the site that :class:`SmallR3LM` likes in K562."""
    text = "".join(np.random.default_rng(0).choice(list("ACGT"), 400))
    return text[:190] + "CTGCAGATAAGACA" + text[204:]


@image
def test_regulatory_card(small_r3lm: SmallR3LM) -> Figure:
    tables = scgsfm.tl.explain_regulation(sequences={"element": dna()[100:300]}, model=small_r3lm)
    return small(pl.regulatory_card(tables, "element", "K562", return_fig=True))


@image
def test_variant_effect(small_r3lm: SmallR3LM) -> Figure:
    text = dna()
    variants = [f"chr1:{i + 1}:{text[i]}:{'A' if text[i] != 'A' else 'C'}" for i in range(192, 204)]
    table = scgsfm.tl.variant_effect(variants, genome={"chr1": text}, model=small_r3lm)
    return small(pl.variant_effect(table, return_fig=True))


@image
def test_saturation_mutagenesis(small_r3lm: SmallR3LM) -> Figure:
    table = scgsfm.tl.saturation_mutagenesis(sequences={"element": dna()[100:300]}, model=small_r3lm)
    return small(pl.saturation_mutagenesis(table, "element", "K562", return_fig=True))


@image
def test_design(small_r3lm: SmallR3LM) -> Figure:
    tables = scgsfm.tl.design_elements({"element": dna()[100:300]}, "K562", max_changes=1, model=small_r3lm)
    return small(pl.design(tables, "element", return_fig=True))


@image
def test_motif_activity() -> Figure:
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame({
            "group": group, "motif": [f"family {i}" for i in order], "name": "factor", "family": [f"family {i}" for i in order],
            "effect": rng.uniform(-1, 2, 12), "pvalue": 10.0 ** -np.arange(12)[::-1], "padj": 10.0 ** -np.arange(12)[::-1],
        })
        for group, order in (("B", range(12)), ("T", range(11, -1, -1)), ("monocytes", range(12)))
    ]  # fmt: skip
    return small(pl.motif_activity(pd.concat(parts, ignore_index=True), depleted=True, return_fig=True))


@image
def test_explain() -> Figure:
    about = {"source": "reactome", "version": "1", "verdict": "supported"}
    terms = [Claim("genes", "enriched for", f"REACTOME_NAME_OF_TERM_{i}", 10.0 ** -(9 - i), **about) for i in range(5)]
    cells = Claim("genes", "enriched for", "SIGNATURE", 1e-12, source="cell_types", version="2", verdict="supported")
    up = [
        Claim(f"GENE{i}", "higher in these cells", "", 9.5 - i, "ranking of genes", verdict="supported")
        for i in range(6)
    ]
    text = "The marker genes point to the name of a term, of which this is a long description in words. " * 3
    sentences = (Sentence("function", text, (*terms, cells)), Sentence("genes", text, tuple(up)))
    return small(pl.explain(Explanation("B", sentences), return_fig=True))


@image
def test_rank_genes() -> Figure:
    matches = {"A": ["exact", "specific", "none", "against"], "B": ["predicted", "ancestor", "none", "compatible"]}
    parts = [
        pd.DataFrame(
            {
                "gene": gene, "rank": i + 1.0, "score": [0.75, 0.1][i], "evidence": "known", "disease": f"OMIM:{i}",
                "disease_name": "", "term": [f"HP:{j}" for j in range(4)], "name": [f"term {j}" for j in range(4)],
                "state": ["present"] * 3 + ["excluded"], "match": kinds, "log_ratio": [2.0, 8.0, 0.0, -0.5],
            }
        )
        for i, (gene, kinds) in enumerate(matches.items())
    ]  # fmt: skip
    return small(pl.rank_genes(pd.concat(parts, ignore_index=True), return_fig=True))


def test_each_plot_has_an_image() -> None:
    missing = [name for name in pl.__all__ if f"test_{name}" not in globals()]
    assert not missing
