"""What the embeddings of genes, phenotypes and diseases by `gpgpt-mini` are worth.

    SCGSFM_DATA=DATA python benchmarks/entity_embedding.py

The first table has the tasks and folds of `gene_embedding.py` (terms of GO, diseases of OMIM, synthetic lethality), but a linear
classifier instead of the support vector machine, which would take hours for all of these vectors: ridge regression on standardized
vectors with balanced classes, `alpha` chosen by the mean AUROC over the folds, and the AUROC on held-out genes. Every fourth term
is used (`--every`), in the order of the files. Its rows are the
vectors of `gpgpt-mini`, of a network of the same architecture with random weights, of the spelling of the symbols alone (counts of
1 to 4 letters), and those of GSFM, trained and with random weights.

The second table is retrieval: all genes that cause a disease are ranked by their cosine to a query, which is the name of the
disease, the mean of the vectors of its phenotypes, or the mean of the vectors of its other genes. The vectors of each kind are
centered. `auroc` is the mean over pairs of disease and gene (0.5 is chance), `top 10` and `top 100` the fractions of pairs whose
gene is ranked so high. `gpgpt-mini` was trained on annotations that contain most of these pairs: its rows are upper bounds.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from _common import data_file, parser, report, say
from gene_embedding import FOLDS, PAIRS, TERMS, interval, known, read, shared_genes
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from scgsfm.models import load
from scgsfm.models.gpgpt import GPGPT
from scgsfm.models.gsfm import GSFM, build_module
from scgsfm.phenotypes import load_annotations

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

CAUSAL = ("Definitive", "Strong", "Disease-causing", "Causal", "phenotype")
"""Words of the relations of a gene that causes a disease."""
N_SPECIALS = 2
ALPHAS = (10.0, 100.0, 1_000.0, 10_000.0)
N_PAIRS_OUTER = 3


def untrained(model: GPGPT, seed: int) -> GPGPT:
    """A network of the same architecture with random weights."""
    torch.manual_seed(seed)
    return GPGPT(type(model.module)(model.module.config), model.tokenizer, name="untrained")


def spelling(texts: list[str]) -> np.ndarray:
    """Counts of 1 to 4 letters, hashed to 512 dimensions by a random projection."""
    counts = CountVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2).fit_transform(texts)
    plan = np.random.default_rng(0).standard_normal((counts.shape[1], 512)).astype(np.float32)
    return np.log1p(counts) @ plan


def unit(vectors: np.ndarray) -> np.ndarray:
    """Centered rows of unit length."""
    centered = vectors - np.nanmean(vectors, axis=0)
    return centered / np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), 1e-12)


def causal_genes(n: int, seed: int) -> dict[int, list[int]]:
    """Rows of the genes that cause each of ``n`` diseases with phenotypes, drawn at random."""
    hpo, found = load_annotations(), defaultdict(set)
    causal = [any(word in relation for word in CAUSAL) for _, relation in hpo.kinds]
    for gene, disease, kind in hpo.links.tolist():
        if causal[kind] and hpo.disease_names[disease] and len(hpo.annotations_of(disease)):
            found[disease].add(gene)
    drawn = np.random.default_rng(seed).permutation(sorted(found))[:n].tolist()
    # all diseases with several genes are kept, which are few
    several = [disease for disease in sorted(found) if len(found[disease]) > 1]
    return {disease: sorted(found[disease]) for disease in dict.fromkeys([*drawn, *several])}


def ranks(queries: np.ndarray, genes: np.ndarray, right: list[int], known: list[list[int]]) -> np.ndarray:
    """Rank of one gene for each query among the genes that are not otherwise right for it; ties count half."""
    found = np.empty(len(right))
    for i, (query, gene, others) in enumerate(zip(queries, right, known, strict=True)):
        cosines = genes @ query
        rest = np.delete(cosines, [*others, gene])
        rest = rest[np.isfinite(rest)]
        found[i] = 1 + (rest > cosines[gene]).sum() + (rest == cosines[gene]).sum() / 2
    return found


class Retrieval:
    """Pairs of a disease and a gene that causes it, and their queries."""

    def __init__(self, n: int, seed: int) -> None:
        self.hpo = load_annotations()
        self.genes_of = causal_genes(n, seed)
        self.rows = sorted({gene for genes in self.genes_of.values() for gene in genes})
        self.place = {gene: i for i, gene in enumerate(self.rows)}
        self.symbols = [self.hpo.symbols[row] for row in self.rows]
        self.diseases = list(self.genes_of)
        self.disease_names = [self.hpo.disease_names[row] for row in self.diseases]
        o = self.hpo.ontology
        self.terms_of = [
            sorted({int(t) for t in self.hpo.annotations[self.hpo.annotations_of(row), 1] if o.is_phenotype[t]})
            for row in self.diseases
        ]
        self.terms = sorted({term for terms in self.terms_of for term in terms})
        self.term_names = [o.names[term] for term in self.terms]

    def measure(self, query: str, of: str, genes: np.ndarray, queries: np.ndarray | None) -> tuple:
        """A row of the table; without queries, the other genes of each disease are the query."""
        right, others, made = [], [], []
        for i, disease in enumerate(self.diseases):
            places = [self.place[gene] for gene in self.genes_of[disease]]
            places = [place for place in places if np.isfinite(genes[place]).all()]
            for place in places:
                rest = [other for other in places if other != place]
                if queries is None and not rest:
                    continue
                right.append(place)
                others.append(rest)
                made.append(genes[rest].mean(axis=0) if queries is None else queries[i])
        found = ranks(np.array(made), genes, right, others)
        n = int(np.isfinite(genes).all(axis=1).sum())
        auroc = 1 - (found - 1) / (n - 1)
        low, high = interval(auroc, 0)
        return query, of, len(found), n, auroc.mean(), low, high, (found <= 10).mean(), (found <= 100).mean()

    def by_name(self, of: str, embed: Callable[[list[str], str], np.ndarray]) -> list[tuple]:
        """All queries with vectors of names."""
        genes, diseases = unit(embed(self.symbols, "gene")), unit(embed(self.disease_names, "disease"))
        terms = unit(embed(self.term_names, "hpo"))
        place = {term: i for i, term in enumerate(self.terms)}
        profiles = np.array(
            [
                terms[[place[t] for t in found]].mean(axis=0) if found else np.zeros(terms.shape[1])
                for found in self.terms_of
            ]
        )
        return [
            self.measure("name of the disease", of, genes, diseases),
            self.measure("phenotypes of the disease", of, genes, unit(profiles)),
            self.measure("other genes of the disease", of, genes, None),
        ]

    def by_gsfm(self, of: str, model: GSFM) -> tuple:
        """The other genes of a disease, with vectors of GSFM."""
        place = {gene: i for i, gene in enumerate(model.genes)}
        vectors = model.gene_embeddings()
        genes = np.full((len(self.symbols), vectors.shape[1]), np.nan, np.float32)
        for i, symbol in enumerate(self.symbols):
            if symbol in place:
                genes[i] = vectors[place[symbol]]
        return self.measure("other genes of the disease", of, unit(genes), None)


def aurocs(x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, alphas: tuple[float, ...]) -> list[float]:
    """AUROC on the rows ``test`` of linear classifiers fitted to the rows ``train``, for each ``alpha``."""
    scaler = StandardScaler().fit(x[train])
    fit, held = scaler.transform(x[train]), scaler.transform(x[test])
    machines = (RidgeClassifier(alpha=alpha, class_weight="balanced").fit(fit, y[train]) for alpha in alphas)
    return [roc_auc_score(y[test], machine.decision_function(held)) for machine in machines]


def term_aurocs(vectors: np.ndarray, task: pd.DataFrame) -> np.ndarray:
    """AUROC of each term on held-out genes, with the best ``alpha`` of the folds."""
    found = []
    for _, part in task.groupby("term", sort=False):
        x, y, split = vectors[part["entrez"]], part["label"].to_numpy(), part["split"].to_numpy()
        held_out = split == "holdout"
        folds = [aurocs(x, y, ~held_out & (split != fold), split == fold, ALPHAS) for fold in FOLDS]
        best = ALPHAS[int(np.argmax(np.mean(folds, axis=0)))]
        found += aurocs(x, y, ~held_out, held_out, (best,))
    return np.array(found)


def pair_aurocs(vectors: np.ndarray, task: pd.DataFrame) -> np.ndarray:
    """AUROC of each outer fold, with pairs as sums of their vectors and the best ``alpha`` of the inner folds."""
    x, y, found = vectors[task["gene1"]] + vectors[task["gene2"]], task["label"].to_numpy(), []
    for outer in range(N_PAIRS_OUTER):
        inner = [task[f"outer{outer}_inner{i}"].to_numpy() for i in range(len(FOLDS))]
        folds = [aurocs(x, y, fold == "t", fold == "v", ALPHAS) for fold in inner]
        best, split = ALPHAS[int(np.argmax(np.mean(folds, axis=0)))], task[f"outer{outer}"].to_numpy()
        found += aurocs(x, y, split == "train", split == "test", (best,))
    return np.array(found)


def gene_tasks(args: argparse.Namespace, model: GPGPT, blank: GPGPT, gsfm: GSFM, blank_gsfm: GSFM) -> pd.DataFrame:
    """The tasks of the benchmark of gene embeddings, by a linear classifier."""
    folder = data_file(args.data, "embedding_benchmark")
    columns = {name: ["entrez"] if name in TERMS else ["gene1", "gene2"] for name in args.tasks}
    shared, rows = shared_genes(folder), []
    place = {gene: i for i, gene in enumerate(gsfm.genes)}
    files = {name: f"gene_{'level' if name in TERMS else 'pair'}_{name}" for name in args.tasks}
    read_tasks = {name: read(folder, files[name], of, shared) for name, of in columns.items()}
    for name in set(args.tasks) & set(TERMS):
        task = read_tasks[name]
        read_tasks[name] = task[task["term"].isin(task["term"].unique()[:: args.every])].reset_index(drop=True)
    asked = {gene for name, task in read_tasks.items() for gene in task[columns[name]].to_numpy().ravel()}
    used = [gene for gene in gsfm.genes[N_SPECIALS:] if gene in asked]
    at = [place[gene] for gene in used]
    methods = {
        "gpgpt-mini, names": lambda: model.embed_entities(used),
        "untrained gpgpt, names": lambda: blank.embed_entities(used),
        "spelling of the symbol": lambda: spelling(used),
        "gsfm-base, combined": lambda: gsfm.gene_embeddings()[at],
        "untrained gsfm, combined": lambda: blank_gsfm.gene_embeddings()[at],
    }
    tasks = {name: known(task, columns[name], used) for name, task in read_tasks.items()}
    if args.gsfm_only:
        methods = {method: make for method, make in methods.items() if "gsfm" in method}
    for method, make in methods.items():
        begun, vectors = time.perf_counter(), np.asarray(make(), dtype=np.float64)
        for name, task in tasks.items():
            found = (term_aurocs if name in TERMS else pair_aurocs)(vectors, task)
            low, high = interval(found, args.seed) if name in TERMS else (None, None)
            rows.append((method, vectors.shape[1], name, len(found), found.mean(), low, high))
            say(f"{method}, {name}: {found.mean():.3f} after {time.perf_counter() - begun:.0f} s")
    return pd.DataFrame(rows, columns=["embedding", "dimensions", "task", "n_terms", "auroc", "low", "high"])


def retrieved(args: argparse.Namespace, model: GPGPT, blank: GPGPT, gsfm: GSFM, blank_gsfm: GSFM) -> pd.DataFrame:
    """Genes that cause a disease, by the name, the phenotypes or the other genes of the disease."""
    retrieval = Retrieval(args.diseases, args.seed)
    rows = []
    for name, each in (("gpgpt-mini", model), ("untrained gpgpt", blank)) if not args.gsfm_only else ():
        rows += retrieval.by_name(name, lambda texts, kind, each=each: each.embed_entities(texts, kind=kind))
        say(f"{name}: retrieved")
    if not args.gsfm_only:
        texts = [*retrieval.symbols, *retrieval.disease_names, *retrieval.term_names]
        place = {text: i for i, text in enumerate(texts)}
        spelled = spelling(texts)
        rows += retrieval.by_name("spelling", lambda texts, _: spelled[[place[text] for text in texts]])
    rows += [retrieval.by_gsfm("gsfm-base", gsfm), retrieval.by_gsfm("untrained gsfm", blank_gsfm)]
    names = ["query", "embedding", "pairs", "candidates", "auroc", "low", "high", "top 10", "top 100"]
    return pd.DataFrame(rows, columns=names).sort_values("query", kind="stable")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--model", default="gpgpt-mini", help="name or directory of the language model")
    options.add_argument("--gsfm", default="gsfm-base", help="name or directory of the gene-set model")
    options.add_argument("--tasks", nargs="*", choices=[*TERMS, *PAIRS], default=[*TERMS, "sl"])
    options.add_argument("--every", type=int, default=4, help="every n-th term of the tasks (%(default)s)")
    options.add_argument("--only", choices=["retrieval", "tasks"], help="one of the tables")
    options.add_argument("--gsfm-only", action="store_true", help="only the rows of the gene-set model")
    options.add_argument("--diseases", type=int, default=1000, help="diseases of the retrieval (%(default)s)")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    model, gsfm = load(args.model), load(args.gsfm)
    blank = untrained(model, args.seed)
    torch.manual_seed(args.seed)
    blank_gsfm = GSFM(build_module(gsfm.module.config), gsfm.genes)
    if args.only != "tasks":
        report("entity_retrieval", retrieved(args, model, blank, gsfm, blank_gsfm), args.out)
    if args.only != "retrieval":
        report("entity_embedding", gene_tasks(args, model, blank, gsfm, blank_gsfm), args.out)


if __name__ == "__main__":
    main()
