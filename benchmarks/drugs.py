"""Compounds found by their signatures: the same compound in other laboratories and cell lines, classes, treated cells, calibration.

SCGSFM_DATA=… python benchmarks/drugs.py [--only laboratories lines classes treated calibration speed labels]

The signatures of CMap and CREEDS are read from the data directory, and are not part of the package. Queries are subsamples with
a fixed seed.
"""

from __future__ import annotations

import re
import tempfile
import time
import warnings
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from _common import data_file, parser, report, say
from scipy.stats import rankdata
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

import scgsfm
from scgsfm import tl
from scgsfm.drugs import (
    SCORES,
    Profiles,
    RankingOptions,
    load_compounds,
    normal_scores,
    open_signatures,
    random_signatures,
    rank_compounds,
    score,
    update_signatures,
)
from scgsfm.kernels import fisher_greater
from scgsfm.models import as_model

if TYPE_CHECKING:
    from pathlib import Path

N_LINES = 100
"""Queries of the comparison of cell lines."""
N_CLASSES = 100
"""Queries of the comparison of mechanisms."""


def places(scores: np.ndarray, positive: np.ndarray) -> tuple[float, bool, bool, bool]:
    """AUROC of the positives, and whether one is the first, among the first five and ten."""
    ranks = rankdata(scores)
    n = positive.sum()
    auroc = (ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(scores) - n))
    best = positive[np.argsort(-scores, kind="stable")[:10]]
    return float(auroc), bool(best[:1].any()), bool(best[:5].any()), bool(best.any())


def all_scores(queries: np.ndarray, weights: object, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Scores of all signatures for queries by each method, with the baselines."""
    random = random_signatures(weights, rng, 1000)
    sizes = np.log(np.diff(weights.indptr))
    found = {name: score(queries, weights, name) for name in SCORES}
    normal = [normal_scores(found[name], sizes, score(queries, random.weights, name), random)[0] for name in SCORES]
    found["consensus"] = np.mean(normal, axis=0)
    found["cosine, z"], found["connectivity, z"], found["agreement, z"] = normal
    overlap = np.asarray((abs(weights.sign()) @ np.abs(np.sign(queries)).T).T)
    drawn, sizes = np.count_nonzero(queries, axis=1), np.diff(weights.indptr)
    p = fisher_greater(overlap, drawn, sizes.astype(np.int64), weights.shape[1])
    found["unsigned overlap (Fisher)"] = -np.log(np.maximum(p, 1e-300))
    found["random"] = rng.random(overlap.shape)
    return found


def unit(rows: np.ndarray, *, centered: bool = False) -> np.ndarray:
    """Rows as unit vectors, after their mean was subtracted."""
    rows = rows - rows.mean(axis=0) if centered else rows
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def further_scores(queries: np.ndarray, matrix: Any) -> dict[str, np.ndarray]:
    """Scores that the package does not have: centered over signatures, and embeddings of the genes that rise and fall.

    A signature is the difference of the embeddings of its two sets of genes, as unit vectors.
    """
    model, weights = as_model("gsfm-base"), matrix.weights
    sides = [[matrix.genes[row.indices[sign * row.data > 0]].tolist() for row in weights] for sign in (1, -1)]
    up, down = (unit(model.encode(genes)) for genes in sides)
    vectors = {
        "cosine, centered": unit(weights.toarray(), centered=True),
        "GSFM embedding": unit(up - down),
        "GSFM embedding, centered": unit(up - down, centered=True),
    }
    found = {name: each[queries] @ each.T for name, each in vectors.items()}
    cosine = unit(weights.toarray())
    parts = cosine[queries] @ cosine.T, found["GSFM embedding, centered"]
    ranked = [rankdata(part, axis=1) for part in parts]
    return found | {"cosine and GSFM embedding, centered: mean rank": ranked[0] + ranked[1]}


def laboratories(index: str) -> pd.DataFrame:
    """CREEDS: signatures of the same compound in another study."""
    signatures = open_signatures(index)
    matrix = next(iter(signatures.by_source().values()))
    compounds, study = signatures.signatures["compound"].to_numpy(), signatures.signatures["study"].to_numpy()
    other = study[:, None] != study
    same = (compounds[:, None] == compounds) & other
    queries = np.flatnonzero(same.any(axis=1))
    found = all_scores(matrix.weights[queries].toarray(), matrix.weights, np.random.default_rng(0))
    found |= further_scores(queries, matrix)
    rows = []
    for name, values in found.items():
        each = [places(row[other[i]], same[i][other[i]]) for i, row in zip(queries, values, strict=True)]
        rows.append(
            {
                "score": name,
                "queries": len(queries),
                "AUROC": np.mean([e[0] for e in each]),
                "in first 10": np.mean([e[3] for e in each]),
            }
        )
    return pd.DataFrame(rows)


def lines(index: str) -> pd.DataFrame:
    """CMap: signatures of the same compound in another cell line, and of other compounds in the same line."""
    signatures = open_signatures(index)
    matrix = next(iter(signatures.by_source().values()))
    compounds = signatures.signatures["compound"].to_numpy()
    cells = signatures.signatures["cell"].replace("ssMCF7", "MCF7").to_numpy()
    rng = np.random.default_rng(0)
    several = [i for i in range(len(cells)) if ((compounds == compounds[i]) & (cells != cells[i])).any()]
    queries = rng.choice(several, N_LINES, replace=False)
    found = all_scores(matrix.weights[queries].toarray(), matrix.weights, rng)
    rows = []
    for name, values in found.items():
        compound, line, best = [], [], []
        for i, row in zip(queries, values, strict=True):
            other, same = cells != cells[i], compounds == compounds[i]
            compound.append(places(row[other], same[other]))
            line.append(places(row[~same], ~other[~same])[0])
            rest = np.delete(np.arange(len(row)), i)
            top = rest[np.argsort(-row[rest], kind="stable")[:10]]
            best.append((np.mean(cells[top] == cells[i]), np.mean(same[top])))
        rows.append({
            "score": name, "queries": N_LINES, "same compound, other line: AUROC": np.mean([c[0] for c in compound]),
            "in first 10": np.mean([c[3] for c in compound]), "other compound, same line: AUROC": np.mean(line),
            "same line among first 10": np.mean([b[0] for b in best]), "same compound among first 10": np.mean([b[1] for b in best]),
        })  # fmt: skip
    return pd.DataFrame(rows)


def hits(table: pd.DataFrame, pattern: str) -> np.ndarray:
    """Whether each compound has a target of a class."""
    return np.array([any(re.search(pattern, gene) for gene in targets.split(";")) for targets in table["targets"]])


def classes(index: str) -> pd.DataFrame:
    """Mean signatures of compounds in CMap against the bundled signatures: compounds with the same mechanism of action."""
    compounds, signatures = load_compounds(), open_signatures(index)
    keys = np.array([compounds.key(name) for name in signatures.signatures["compound"]])
    bundled = {compounds.key(name) for name in open_signatures().signatures["compound"]}
    members = compounds.members("mechanism", bundled)
    profiles = {}
    for key in dict.fromkeys(keys):
        if any(len(set(members.get(term, [])) - {key}) >= 2 for term in compounds.mechanisms.get(key, ())):
            mean = np.asarray(signatures.weights[keys == key].mean(axis=0)).ravel()
            profiles[key] = pd.Series(mean, signatures.genes)
    chosen = np.random.default_rng(0).choice(list(profiles), N_CLASSES, replace=False)
    profiles = {key: profiles[key] for key in chosen}
    rows = []
    for method in ("consensus", *SCORES, "random"):
        table = tl.drugs(profiles, method="cosine" if method == "random" else method)
        table["key"] = [compounds.key(name) for name in table["compound"]]
        each, rng = [], np.random.default_rng(0)
        for key, found in table.groupby("group"):
            found = found[found["key"] != key]  # noqa: PLW2901
            own = set(compounds.mechanisms[key])
            positive = np.array([bool(own & set(compounds.mechanisms.get(other, ()))) for other in found["key"]])
            if positive.sum() >= 2:
                each.append(
                    places(rng.random(len(found)) if method == "random" else found["score"].to_numpy(), positive)
                )
        mean = np.mean(each, axis=0)
        rows.append({"score": method, "queries": len(each), "AUROC": mean[0], "in first": mean[1], "in first 5": mean[2], "in first 10": mean[3]})  # fmt: skip
        say(str(rows[-1]))
    return pd.DataFrame(rows)


def treated(data: Path | None, indexes: list[str]) -> pd.DataFrame:
    """Glioblastoma with panobinostat, and blood cells with interferon beta: the place of compounds of the class."""
    rows = []
    cases = (
        (
            "panobinostat",
            "scrna/glioblastoma_panobinostat_5000x300.h5ad",
            "condition",
            "symbol",
            r"^HDAC\d",
            "HDAC inhibitors",
        ),
        ("interferon beta", "scrna/kang_ifnb_subset_1556x1267.h5ad", "group_id", None, r"^(IFNAR\d)", "interferons"),
    )
    for name, file, column, symbols, pattern, what in cases:
        adata = ad.read_h5ad(data_file(data, file))
        adata.obs_names_make_unique()
        group = next(each for each in adata.obs[column].astype(str).unique() if each not in ("ctrl", "control"))
        for index in indexes:
            for method in ("consensus", *SCORES):
                tl.drugs(adata, column, index=index, method=method, gene_symbols=symbols)
                table = scgsfm.get.drugs(adata, group)
                table = table.sort_values("score", ascending=False, kind="stable", ignore_index=True)
                positive = (
                    hits(table, pattern)
                    | table["compound"].str.contains("interferon|panobinostat", case=False).to_numpy()
                )
                at = np.flatnonzero(positive)
                if not len(at):
                    continue
                rows.append({
                    "data": name, "signatures": index, "score": method, "compounds": len(table), "class": what, "in index": len(at),
                    "first of class": int(at[0]) + 1, "in first 10": int((at < 10).sum()),
                    "AUROC": places(table["score"].to_numpy(), positive)[0],
                    "first compounds": ", ".join(table["compound"][:5]),
                })  # fmt: skip
                say(str(rows[-1]))
    return pd.DataFrame(rows)


def calibration(indexes: list[str]) -> pd.DataFrame:
    """p-values of compounds for random queries."""
    rows, rng = [], np.random.default_rng(1)
    for index in indexes:
        signatures = open_signatures(index)
        genes = np.concatenate([m.genes for m in signatures.by_source().values()])
        for kind in ("lists of 100 and 100", "lists of 20 and 20", "rankings"):
            values = rng.standard_normal((60 if index == "bundled" else 15, len(genes)))
            if kind != "rankings":
                n = int(kind.split()[-1])
                ranks = np.argsort(np.argsort(values, axis=1), axis=1)
                values = (ranks >= len(genes) - n) * 1.0 - (ranks < n) * 1.0
            profiles = Profiles([str(i) for i in range(len(values))], genes, values)
            for method in ("cosine", "consensus"):
                p = rank_compounds(profiles, signatures, RankingOptions(method), rng).table["pvalue"]
                rows.append({"signatures": index, "queries": kind, "score": method, "tests": len(p), **{f"p < {a}": (p < a).mean() for a in (0.5, 0.1, 0.05, 0.01, 0.001)}})  # fmt: skip
                say(str(rows[-1]))
    return pd.DataFrame(rows)


def speed(indexes: list[str]) -> pd.DataFrame:
    """Ten groups against whole indexes."""
    adata = scgsfm.datasets.pbmc()
    rng = np.random.default_rng(0)
    adata.obs["ten"] = pd.Categorical(rng.integers(0, 10, adata.n_obs).astype(str))
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    rows = []
    for index in indexes:
        signatures = open_signatures(index)
        start = time.perf_counter()
        tl.drugs(adata, "ten", index=index)
        rows.append(
            {"signatures": index, "number": len(signatures), "groups": 10, "seconds": time.perf_counter() - start}
        )
    return pd.DataFrame(rows)


def labels(file: Path) -> pd.DataFrame:
    """Whether the labels of the sample of sci-Plex3 belong to its cells: their prediction from expression.

    AUROC of logistic regression on 30 components, five-fold, for the three most frequent values of each column; and how
    many structures (SMILES) the cells of one value have.
    """
    adata = ad.read_h5ad(file)
    components = TruncatedSVD(30, random_state=0).fit_transform(adata.X)
    components = (components - components.mean(axis=0)) / components.std(axis=0)
    rows = []
    for column in ("cell_type", "pathway", "pathway_level_2", "target", "product_name", "dose"):
        values = adata.obs[column].astype(str)
        auroc = []
        for value in values.value_counts().index[:3]:
            y = (values == value).to_numpy()
            fit = LogisticRegression(C=0.1, max_iter=300)
            p = cross_val_predict(fit, components, y, cv=5, method="predict_proba")[:, 1]
            auroc.append(places(p, y)[0])
        structures = adata.obs["SMILES"].astype(str).groupby(values.to_numpy()).nunique()
        rows.append({
            "column": column, "values": values.nunique(), "AUROC from expression": ", ".join(f"{a:.2f}" for a in auroc),
            "structures per value": structures.median(),
        })  # fmt: skip
    return pd.DataFrame(rows)


def main() -> None:
    options = parser(__doc__)
    options.add_argument(
        "--only", nargs="+", default=["laboratories", "lines", "classes", "treated", "calibration", "speed", "labels"]
    )
    args = options.parse_args()
    warnings.simplefilter("ignore")
    scgsfm.settings.verbosity = 0
    with tempfile.TemporaryDirectory() as folder:
        scgsfm.settings.cache_dir = folder
        sets = data_file(args.data, "genesets/train")
        geo, cmap = sets / "perturb_GEO", sets / "perturb_LINCS_CMap"
        update_signatures(
            [geo / "enrichr_Drug_Perturbations_from_GEO_up.gmt.gz"], [geo / "enrichr_Drug_Perturbations_from_GEO_down.gmt.gz"],
            name="CREEDS",
        )  # fmt: skip
        update_signatures([cmap / "cogena_CmapUp100.gmt.gz"], [cmap / "cogena_CmapDn100.gmt.gz"], name="CMap")
        load_compounds()
        runs = {
            "laboratories": lambda: laboratories("CREEDS"), "lines": lambda: lines("CMap"),
            "classes": lambda: classes("CMap"), "treated": lambda: treated(args.data, ["bundled", "CMap", "CREEDS"]),
            "calibration": lambda: calibration(["bundled", "CREEDS", "CMap"]), "speed": lambda: speed(["bundled", "CREEDS", "CMap"]),
            "labels": lambda: labels(data_file(args.data, "scrna/sciplex3_2247x2000.h5ad")),
        }  # fmt: skip
        for name in args.only:
            report(f"drugs_{name}", runs[name](), args.out)


if __name__ == "__main__":
    main()
