"""Genes outside the vocabulary of a model, placed by the genes that are correlated with them in cells.

    python benchmarks/placed_genes.py

A fifth of the genes of the model is hidden: they are removed from the terms of GO, and are placed by the 20 remaining
genes that are most correlated with them in the cells of a data set. For each hidden gene with at least two terms, the
terms are ranked, and the AUROC of those that list it is measured:

- placed: mean of the neighbors, as in `tl.predict_functions(place_unknown=True)`, regardless of their correlation;
- by cells: the same for neighbors by the correlation over cells;
- random: the same for random genes;
- size: by the number of genes of the term alone;
- model: the prediction of the model, which knows the gene.

Genes are grouped by the mean correlation with their neighbors, and by the share of cells in which they are detected.
Intervals are bootstraps over genes.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
from _common import data_file, parser, report, say
from scipy.sparse import csc_array, csr_array, diags_array
from scipy.stats import rankdata

import scgsfm
from scgsfm.completion import gene_columns, known_genes, place_genes, predictions, zscores
from scgsfm.errors import GeneMatchWarning, GeneSetWarning
from scgsfm.scoring import BlockReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scgsfm.models.gsfm import GSFM

DATA = {
    "pbmc3k": "pbmc3k_2638x32738",
    "gut": "gut_scp1884_1020x18708",
    "pancreas (mouse)": "baron_mouse1_822x14878",
}
CORRELATIONS = {"all": (-1, 2), "below 0.7": (-1, 0.7), "0.7 to 0.8": (0.7, 0.8), "0.8 and more": (0.8, 2)}
DETECTED = {"all": (0, 2), "below 5 %": (0, 0.05), "5 to 20 %": (0.05, 0.2), "20 % and more": (0.2, 2)}
N_NEIGHBORS, N_BOOT = 20, 1000


class Known:
    """The model without some of its genes: what `place_genes` needs of it."""

    def __init__(self, model: GSFM, hidden: np.ndarray) -> None:
        names = np.array(model.genes, dtype=object)
        names[hidden] = [f"hidden gene {i}" for i in hidden]
        self.genes = names.tolist()


def log_normalized(matrix: object) -> csc_array:
    """Counts as log-normalized values, by genes."""
    counts = csr_array(matrix).astype(np.float32)
    values = diags_array(1e4 / np.maximum(counts.sum(axis=1), 1)) @ counts
    values.data = np.log1p(values.data)
    return csc_array(values)


def nearest_by_cells(values: csc_array, genes: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Positions of the candidates with the highest correlation over cells."""
    mean = np.asarray(values.mean(axis=0)).ravel()
    std = np.sqrt(np.maximum(np.asarray(values.multiply(values).mean(axis=0)).ravel() - mean**2, 1e-12))
    product = (values[:, genes].T @ values[:, candidates]).toarray() / values.shape[0]
    correlation = (product - np.outer(mean[genes], mean[candidates])) / np.outer(std[genes], std[candidates])
    return candidates[np.argpartition(-correlation, N_NEIGHBORS, axis=1)[:, :N_NEIGHBORS]]


def aurocs(scores: np.ndarray, member: np.ndarray) -> np.ndarray:
    """AUROC of the terms of each gene, from arrays of terms × genes."""
    ranks, n = rankdata(scores, axis=0), member.sum(axis=0)
    return ((ranks * member).sum(axis=0) - n * (n + 1) / 2) / (n * (len(member) - n))


def summaries(table: pd.DataFrame, seed: int) -> Iterator[tuple[object, ...]]:
    """Means of each method, and of the difference between placed genes and the size of terms, by groups of genes."""
    groups = [("correlation", label, bounds) for label, bounds in CORRELATIONS.items()]
    groups += [("detected", label, bounds) for label, bounds in DETECTED.items() if label != "all"]
    for data in [*DATA, "all"]:
        of_data = table if data == "all" else table[table["data"] == data]
        for by, label, (low, high) in groups:
            rows = of_data[(of_data[by] >= low) & (of_data[by] < high)]
            if len(rows) < 20:
                continue
            gain = (rows["placed"] - rows["size"]).to_numpy()
            drawn = np.random.default_rng(seed).integers(len(gain), size=(N_BOOT, len(gain)))
            bounds = np.quantile(gain[drawn].mean(axis=1), (0.025, 0.975))
            means = rows[["placed", "by cells", "random", "size", "model"]].mean()
            yield data, "all" if label == "all" else f"{by} {label}", len(rows), *means, gain.mean(), *bounds


def measured(
    model: GSFM,
    terms: csr_array,
    listed: csr_array,
    genes: dict[str, np.ndarray],
    weights: dict[tuple[str, str], csr_array],
    head: dict[str, dict[str, np.ndarray]],
) -> pd.DataFrame:
    """AUROC of each gene by each method; ``terms`` are without the hidden genes, ``listed`` with them."""
    scores: dict[tuple[str, str], list[np.ndarray]] = {}
    for _, logits, _ in predictions(terms, model):
        fit = zscores(logits)
        for name, tokens in genes.items():
            scores.setdefault((name, "model"), []).append(fit[:, tokens])
        by_gene = np.ascontiguousarray(fit.T)
        for key, rows in weights.items():
            scores.setdefault(key, []).append((rows @ by_gene).T)
    size = (np.log(np.diff(terms.indptr)) / 2)[:, None]
    tables = []
    for name, tokens in genes.items():
        member = listed[:, tokens].toarray() > 0
        found = {method: np.concatenate(parts) + size for (data, method), parts in scores.items() if data == name}
        found["size"] = np.broadcast_to(size, member.shape)
        tables.append(pd.DataFrame({"data": name, **head[name], **{m: aurocs(s, member) for m, s in found.items()}}))
    return pd.concat(tables)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gsfm-base", help="name or directory of the model")
    options.add_argument(
        "--max-genes", type=int, default=1000, help="size of a random sample of genes of each data set"
    )
    options.add_argument("--max-terms", type=int, default=1000, help="size of a random sample of terms")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    scgsfm.settings.verbosity = 0
    warnings.simplefilter("ignore", GeneMatchWarning)
    warnings.simplefilter("ignore", GeneSetWarning)
    model, rng = scgsfm.models.load(args.model), np.random.default_rng(args.seed)
    n_genes = len(model.genes)
    hidden = np.sort(rng.permutation(np.arange(2, n_genes))[: n_genes // 5])
    is_hidden = np.zeros(n_genes, bool)
    is_hidden[hidden] = True
    listed = csr_array(known_genes(scgsfm.GeneSets(data_file(args.data, "genesets/bench/go_bp_2025.gmt.gz")), model))
    terms = listed.copy()
    terms.data = np.where(is_hidden[terms.indices], 0, 1).astype(np.float32)
    terms.eliminate_zeros()
    fits = np.flatnonzero((np.diff(terms.indptr) >= 5) & (np.diff(terms.indptr) <= 1000))
    fits = np.sort(rng.permutation(fits)[: args.max_terms])
    terms, listed = terms[fits], listed[fits]
    n_terms = np.bincount(listed.indices, minlength=n_genes)

    weights, genes, head = {}, {}, {}
    for name, file in DATA.items():
        adata = ad.read_h5ad(data_file(args.data, f"scrna/{file}.h5ad"))
        names = np.array(adata.var_names, dtype=object)
        columns = gene_columns(np.array(model.genes, dtype=object), names)
        at = np.full(len(names), -1)
        at[columns[columns >= 0]] = np.flatnonzero(columns >= 0)
        known = Known(model, hidden)
        # one name for all species, so that hidden genes are not recognized by their orthologs
        plain = np.where(at >= 0, np.array(known.genes, dtype=object)[at], names)
        plain = np.where((at >= 0) & is_hidden[at], names + " (hidden)", plain)
        wanted = plain[(at >= 0) & is_hidden[at] & (n_terms[at] >= 2)]
        placed = place_genes(BlockReader(adata.X), plain, known, only=wanted, min_correlation=-1)
        kept = np.sort(rng.permutation(len(placed.columns))[: args.max_genes])
        chosen = placed.columns[kept]
        values = log_normalized(adata.X)
        detected = np.diff(values.indptr) / values.shape[0]
        candidates = np.flatnonzero((at >= 0) & ~is_hidden[at] & (np.diff(values.indptr) >= 10))
        near = nearest_by_cells(values, chosen, candidates)
        genes[name] = at[chosen]
        head[name] = {"correlation": placed.correlation[kept], "detected": detected[chosen]}
        weights[name, "placed"] = placed.weights[kept]
        for method, neighbors in (("by cells", near), ("random", rng.choice(candidates, near.shape))):
            arrays = np.full(neighbors.size, 1 / N_NEIGHBORS, np.float32), at[neighbors].ravel()
            weights[name, method] = csr_array(
                (*arrays, np.arange(len(chosen) + 1) * N_NEIGHBORS), shape=(len(chosen), n_genes)
            )
        say(f"{name}: {len(chosen)} genes")

    table = measured(model, terms, listed, genes, weights, head)
    columns = ["data", "genes", "n", "placed", "by cells", "random", "size", "model", "difference", "low", "high"]
    report("placed_genes", pd.DataFrame(summaries(table, args.seed), columns=columns), args.out)


if __name__ == "__main__":
    main()
