"""Benchmark of the phenotype predictor, of gene prioritization and of phenotype enrichment, against simple baselines.

    python benchmarks/gene_phenotype.py --data FOLDER [--only ranking relations associations calibration lists] [--fitted FILE]

``ranking``
    Published patients with a known causal gene. Curators read the same publications: the annotations are those of January
    2023, and those of today without the ones that cite the publication of any case or state no reference. The weights are
    fitted on the cases of other genes (five folds of genes). ``macro`` weights all genes equally, independent of their
    number of cases. For the last row the annotations of each case's gene are removed, so that it is ranked by predicted
    phenotypes among the genes without annotations.
``relations``
    Genes held out with all their annotations, five splits. A pair of a gene and an annotated term is compared with the
    gene and a term of similar frequency that neither the gene nor a descendant of the term is annotated with. Stripped
    summaries lack the sentences that mention diseases. Settings are chosen on a part of the training genes.
``associations``
    The predictor is fitted on the annotations of January 2023 (``--fitted`` keeps it), and judged on pairs that later
    annotations add, and on phenotypes of the cases that were not annotated in 2023. Each is compared with a term of similar
    frequency, and with all terms that the gene is not annotated with. Also, by predicted probability, the fraction of all
    pairs without annotation that were added or are found in the cases.
``calibration``
    By predicted probability, the fraction of annotated pairs among all pairs of held-out genes and terms, and among
    annotations that were left out individually. Curves are fitted on other genes. Also the speed.
``lists``
    How often random lists of genes are significant in ``tl.phenotypes``: genes drawn uniformly, and well-studied genes,
    drawn by their number of sets in GO and Reactome.

Intervals are 95 %: over genes (bootstrap) for ``ranking`` and ``associations``, over splits for ``relations``.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from _common import at_most, data_file, parser, report, say

sys.path.append(str(Path(__file__).resolve().parents[1] / "training"))

from _phenotype_time_split import Added, Fitted, added_pairs, fit_on_2023, scores
from build_phenotypes import contents_of_2023
from gene_vectors import gene_vectors, labels_of, link_sources, read_cases, read_summaries
from gpgpt_relations import as_annotations, direct_terms, independent_annotations, left_out_strengths

import scgsfm
from scgsfm import GeneSets
from scgsfm.enrichment import ora
from scgsfm.phenotypes import (
    RANKING_FEATURES,
    GeneRanker,
    PhenotypeEnrichment,
    load_annotations,
    load_predictor,
)
from scgsfm.phenotypes.fitting import (
    KERNEL_WEIGHTS,
    AnnotationKernel,
    GeneSimilarity,
    encode,
    fit_calibration,
    fit_ranking_weights,
    isotonic_probability,
    label_basis,
    neighbor_weights,
    ranking_examples,
    raw_log_odds,
    ridge_weights,
    smoothing_weights,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gene_vectors import Case
    from scipy import sparse

    from scgsfm.phenotypes import HPOAnnotations

N_FOLDS, N_BOOT, SEED = 5, 1000, 0
MIN_GENES, NEAR = 5, 60
"""Minimum number of genes of a term, and distance in the order of frequencies within which negatives are drawn."""
MEASURES = {"top1": lambda r: r <= 1, "top10": lambda r: r <= 10, "mrr": lambda r: 1 / r}


def rank(scores: np.ndarray, gene: int) -> float:
    """Rank of a gene; 1 is the best, ties get their mean rank."""
    score = scores[gene]
    return float((scores > score).sum() + ((scores == score).sum() + 1) / 2)


def folds_of(cases: list[Case], rng: np.random.Generator) -> np.ndarray:
    """Fold of each case; all cases of a gene are in the same fold."""
    genes = sorted({case.gene for case in cases})
    fold = dict(zip(genes, rng.permutation(len(genes)) % N_FOLDS, strict=True))
    return np.array([fold[case.gene] for case in cases])


def ranking(folder: Path, of_gene: int | None, rng: np.random.Generator) -> Iterator[dict]:
    references = {case.reference for case in read_cases(folder, load_annotations())}
    for name, hpo in (
        ("2023-01-27", as_annotations(contents_of_2023(folder))),
        ("2025, without the publications of the cases", independent_annotations(folder, references)),
    ):
        say(f"annotations of {name}")
        for row in ranking_with(hpo, folder, of_gene, rng):
            yield {"annotations": name} | row


def ranking_with(hpo: HPOAnnotations, folder: Path, of_gene: int | None, rng: np.random.Generator) -> Iterator[dict]:
    ranker = GeneRanker(hpo, np.zeros(len(RANKING_FEATURES)), sources=link_sources(hpo))
    known = set(ranker.genes.tolist())
    cases = [case for case in read_cases(folder, hpo) if hpo.gene(case.gene) in known]
    order = np.random.default_rng(SEED).permutation(len(cases))
    kept = at_most([case.gene for case in cases], order, of_gene or len(cases))
    cases = [case for case, keep in zip(cases, kept.tolist(), strict=True) if keep]
    genes = np.array([hpo.gene(case.gene) for case in cases])
    ranks = {
        name: np.zeros(len(cases)) for name in ("shared information (Phrank-like)", "likelihood ratio", "gpgpt-mini")
    }
    for i, case in enumerate(cases):
        shared = ranker.shared_information(ranker.ontology.with_ancestors(case.present))
        ranks["shared information (Phrank-like)"][i] = rank(shared[ranker.genes], position_of(ranker, genes[i]))
    say("features")
    data = ranking_examples(ranker, [(hpo.gene(c.gene), c.present, c.absent) for c in cases], rng)
    counts = Counter(genes.tolist())
    share, folds = np.array([counts[gene] ** -0.5 for gene in genes.tolist()]), folds_of(cases, rng)
    alone = np.eye(len(RANKING_FEATURES))[RANKING_FEATURES.index("likelihood")]
    for fold in range(N_FOLDS):
        say(f"fold {fold + 1} of {N_FOLDS}")
        fitted = fit_ranking_weights(data.take(folds != fold), share[folds != fold])
        for i in np.flatnonzero(folds == fold).tolist():
            features = ranker.features(cases[i].present, cases[i].absent)
            for name, weights in (("likelihood ratio", alone), ("gpgpt-mini", fitted)):
                found = ranker.gene_scores(features @ weights - np.log(ranker.n_genes))[ranker.genes]
                ranks[name][i] = rank(found, position_of(ranker, genes[i]))
    for name, found in ranks.items():
        yield {"method": name, "candidates": len(ranker.genes)} | measured(found, genes, rng)
    if hpo.date < "2024":
        return
    predictor, inside = load_predictor(), {hpo.genes[row] for row in ranker.genes.tolist()}
    others = [gene for gene in predictor.genes if gene not in inside]
    terms = [[load_annotations().ontology.row(int(hpo.ontology.numbers[t])) for t in case.present] for case in cases]
    hidden = np.array(
        [
            rank(predictor.log_likelihood_ratio([case.gene, *others], own), 0)
            for case, own in zip(cases, terms, strict=True)
        ]
    )
    name = "gpgpt-mini, gene without annotation"
    yield {"method": name, "candidates": len(others) + 1} | measured(hidden, genes, rng)


def position_of(ranker: GeneRanker, gene: int) -> int:
    return int(np.searchsorted(ranker.genes, gene))


def measured(ranks: np.ndarray, genes: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Measures over cases and over genes, with bootstrap intervals over genes."""
    names, code = np.unique(genes, return_inverse=True)
    size = np.bincount(code)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), N_BOOT)
    result: dict[str, float] = {"n_cases": len(ranks), "n_genes": len(names), "median": float(np.median(ranks))}
    for name, measure in MEASURES.items():
        values = measure(ranks).astype(float)
        total = np.bincount(code, values)
        for kind, top, weight in (("", total, size), ("macro_", total / size, np.ones(len(names)))):
            resampled = drawn @ top / (drawn @ weight)
            result[f"{kind}{name}"] = top.sum() / weight.sum()
            result[f"{kind}{name}_low"], result[f"{kind}{name}_high"] = np.quantile(resampled, [0.025, 0.975])
    return result


class Task:
    """Annotated genes with a summary, and their terms."""

    def __init__(self, hpo: HPOAnnotations, summaries: dict[str, str]) -> None:
        direct = hpo.gene_terms(link_sources(hpo))
        rows = [i for i, gene in enumerate(hpo.genes) if gene in summaries and direct.indptr[i + 1] > direct.indptr[i]]
        self.genes = [hpo.genes[i] for i in rows]
        self.direct = direct[rows]
        labels = labels_of(hpo, self.genes)
        counts = np.asarray(labels.sum(axis=0)).ravel()
        self.terms = np.flatnonzero(counts >= MIN_GENES)
        self.terms = self.terms[np.argsort(counts[self.terms], kind="stable")]
        """By frequency."""
        self.labels = labels[:, self.terms]
        self.labels.sort_indices()

    def pairs(self, genes: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Positions in ``genes``, columns of terms, and whether the pair is annotated."""
        column = {term: i for i, term in enumerate(self.terms.tolist())}
        pairs = []
        for i, gene in enumerate(genes.tolist()):
            annotated = set(self.labels[[gene]].indices.tolist())
            for term in self.direct[[gene]].indices.tolist():
                positive = column.get(term)
                if positive is not None:
                    pairs += [(i, positive, True), (i, negative(positive, annotated, len(self.terms), rng), False)]
        return tuple(np.array(part) for part in zip(*pairs, strict=True))


def negative(positive: int, annotated: set[int], n: int, rng: np.random.Generator) -> int:
    """A term of similar frequency that is not annotated; the window grows if all terms in it are annotated."""
    width = NEAR
    while True:
        candidates = range(max(positive - width, 0), min(positive + width + 1, n))
        candidates = [term for term in candidates if term not in annotated]
        if candidates:
            return candidates[rng.integers(len(candidates))]
        width *= 2


def auroc(score: np.ndarray, truth: np.ndarray) -> float:
    from scipy.stats import rankdata

    ranks, n = rankdata(score), int(truth.sum())
    return float((ranks[truth].sum() - n * (n + 1) / 2) / (n * (len(truth) - n)))


class Split:
    """Scores of all terms for test genes, from training genes."""

    def __init__(self, task: Task, vectors: dict, train: np.ndarray, test: np.ndarray) -> None:
        self.similarity, self.train, self.test = GeneSimilarity(vectors), train, test
        self.labels = task.labels[train]
        self.transposed = self.labels.T.tocsr()
        self.frequency = np.asarray(self.labels.mean(axis=0)).ravel()

    def neighbors(self, kind: str, n: int) -> np.ndarray:
        """Nearest neighbors by cosine, with the term's frequency as the prior."""
        return self.strength(neighbor_weights(self.similarity.cosines(kind, self.test, self.train), n))

    def regression(self, kernel_weights: Mapping[str, float]) -> np.ndarray:
        kernel = self.similarity.kernel(self.train, self.train, kernel_weights)
        cross = self.similarity.kernel(self.train, self.test, kernel_weights)
        return self.strength(ridge_weights(kernel, cross))

    def strength(self, weights: np.ndarray) -> np.ndarray:
        """Difference to the term's frequency in units of its square root."""
        raw = (self.transposed @ weights.T).T - np.outer(weights.sum(axis=1), self.frequency)
        return raw / np.sqrt(self.frequency + 1 / len(self.train))

    def encoded(self) -> np.ndarray:
        """Strengths as in the package."""
        weights = smoothing_weights(self.similarity, self.train, self.test)
        genes, terms = encode(weights, self.labels, *label_basis(self.labels))
        return genes @ terms.T


def relation_methods(split: Split) -> Iterator[tuple[str, str, np.ndarray]]:
    """Method, setting, and the scores of test genes × terms."""
    yield "popularity of the term", "", np.broadcast_to(split.frequency, (len(split.test), len(split.frequency)))
    for name, kind in (
        ("summaries (TF-IDF), neighbours", "text"), ("gene sets, neighbours", "sets"), ("GSFM embedding, neighbours", "embedding"),
    ):  # fmt: skip
        for n in (20, 60, 120):
            yield name, f"{n} neighbours", split.neighbors(kind, n)
    for name, kind in (("summaries", "text"), ("gene sets", "sets"), ("GSFM embedding", "embedding")):
        yield f"{name}, kernel regression", "", split.regression({kind: KERNEL_WEIGHTS[kind]})
    yield "all three, kernel regression", "", split.regression(KERNEL_WEIGHTS)
    yield "gpgpt-mini", "", split.encoded()


def relation_scores(task: Task, vectors: dict, folds: np.ndarray, fold: int) -> dict[str, float]:
    """AUROC of each method on a fold, with the best setting on an inner split of the training genes."""
    rng = np.random.default_rng(SEED + fold)
    train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
    inner = rng.permutation(train)
    cut = len(inner) // N_FOLDS
    chosen: dict[str, tuple[float, str]] = {}
    for part, (fit, held) in enumerate(((np.sort(inner[cut:]), np.sort(inner[:cut])), (train, test))):
        gene, term, truth = task.pairs(held, rng)
        result = {}
        for name, setting, found in relation_methods(Split(task, vectors, fit, held)):
            value = auroc(found[gene, term], truth)
            if part == 0:
                chosen[name] = max(chosen.get(name, (0.0, "")), (value, setting))
            elif chosen[name][1] == setting:
                result[name] = value
    return result


def relation_table(folder: Path, rng: np.random.Generator) -> Iterator[dict]:
    from scipy.stats import t

    summaries = read_summaries(folder)
    task = Task(load_annotations(), summaries)
    folds = rng.permutation(len(task.genes)) % N_FOLDS
    for text, strip in (("stripped", True), ("as they are", False)):
        vectors = gene_vectors(task.genes, summaries, strip=strip)
        runs = []
        for fold in range(N_FOLDS):
            runs.append(relation_scores(task, vectors, folds, fold))
            say(f"summaries {text}, split {fold + 1}: {runs[-1]}")
        for name in runs[0]:
            values = np.array([run[name] for run in runs])
            half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
            auroc_interval = {"auroc": values.mean(), "low": values.mean() - half, "high": values.mean() + half}
            yield {"summaries": text, "method": name, "n_genes": int((folds == 0).sum())} | auroc_interval


def associations(folder: Path, fitted: Fitted, rng: np.random.Generator) -> Iterator[dict]:
    """Pairs that later annotations add and pairs in the cases, against pairs of similar frequency and all others."""
    added = added_pairs(fitted, load_annotations())
    added |= {"phenotypes of published cases": of_cases(folder, fitted)}
    order = np.argsort(fitted.predictor.frequency, kind="stable")
    position = np.argsort(order)
    for group, pairs in added.items():
        gene, term = np.nonzero(pairs.new)
        # the same pairs of similar frequency for all methods
        excluded = [set(position[np.flatnonzero(row)].tolist()) for row in pairs.either | pairs.new]
        other = order[
            [negative(int(position[t]), excluded[g], len(order), rng) for g, t in zip(gene, term, strict=True)]
        ]
        for method, ratio, overall in scores(fitted, pairs):
            say(f"{group}: {method}")
            pair_scores = np.concatenate([ratio[gene, term], ratio[gene, other]])
            truth = np.repeat([True, False], len(gene))
            low, high = resampled(pair_scores, truth, np.concatenate([gene, gene]), rng)
            of_all = [
                auroc(values[inside], new[inside])
                for values, new, inside in zip(overall, pairs.new, ~pairs.either | pairs.new, strict=True)
            ]
            counts = {"pairs": group, "n_genes": len(pairs.rows), "n_pairs": len(gene), "method": method}
            yield counts | {"auroc": auroc(pair_scores, truth), "low": low, "high": high, "auroc_all": np.mean(of_all)}


def of_cases(folder: Path, fitted: Fitted) -> Added:
    """Phenotypes of the cases that their genes were not annotated with in 2023."""
    hpo, predictor = fitted.hpo, fitted.predictor
    terms = np.array([hpo.ontology.row(int(number)) for number in predictor.terms])
    known = labels_of(hpo, hpo.genes).tocsr()
    found = []
    for gene, present in phenotypes_of_cases(folder, hpo).items():
        row, annotation = predictor.rows([gene])[0], hpo.gene(gene)
        if row < 0 or not known.indptr[annotation] < known.indptr[annotation + 1]:
            continue
        own = known[[annotation]].toarray().ravel()[terms] > 0
        new = np.isin(terms, list(present)) & ~own
        if new.any():
            found.append((row, own, new, own | np.isin(terms, hpo.ontology.with_ancestors(present))))
    return Added(*map(np.array, zip(*found, strict=True)))


def phenotypes_of_cases(folder: Path, hpo: HPOAnnotations) -> dict[str, set[int]]:
    """Phenotypes in the cases of each gene."""
    present: dict[str, set[int]] = {}
    for case in read_cases(folder, hpo):
        present.setdefault(case.gene, set()).update(case.present)
    return present


def told_later(folder: Path, fitted: Fitted) -> Iterator[dict]:
    """Fraction of pairs that were added or are in the cases among all pairs of modeled terms without annotation in 2023."""
    predictor, edges = fitted.predictor, np.array([0, 0.01, 0.03, 0.1, 0.3, 0.5, 1])
    groups = added_pairs(fitted, load_annotations()) | {"phenotypes of published cases": of_cases(folder, fitted)}
    terms = np.array([fitted.hpo.ontology.row(int(number)) for number in predictor.terms])
    for group, pairs in groups.items():
        probability = np.stack(
            [predictor.probability([predictor.genes[row]] * len(terms), terms) for row in pairs.rows.tolist()]
        )
        for row in by_probability(probability[~pairs.known], (pairs.either & ~pairs.known)[~pairs.known], edges):
            yield {"pairs_of": group, "n_genes": len(pairs.rows)} | row


def resampled(values: np.ndarray, truth: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Bootstrap interval of the AUROC over genes."""
    pairs_of = {row: np.flatnonzero(rows == row) for row in np.unique(rows).tolist()}
    found = []
    for _ in range(200):
        at = np.concatenate([pairs_of[row] for row in rng.choice(list(pairs_of), len(pairs_of))])
        found.append(auroc(values[at], truth[at]))
    return tuple(np.quantile(found, [0.025, 0.975]))


def calibration(rng: np.random.Generator, n_genes: int = 2000, n_left_out: int = 400) -> Iterator[dict]:
    """Pairs of annotated genes and all modelled terms, predicted with and without the gene's other annotations."""
    hpo, predictor = load_annotations(), load_predictor()
    genes = np.array([hpo.gene(predictor.genes[row]) for row in predictor.annotated_rows.tolist()])
    terms = np.array([hpo.ontology.row(number) for number in predictor.terms.tolist()])
    labels = labels_of(hpo, [hpo.genes[gene] for gene in genes.tolist()])[:, terms]
    some = rng.permutation(len(genes))[:n_genes]
    others = predictor.gene_factors[predictor.annotated_rows[some]] @ predictor.term_factors.T
    yield from crossed("from other genes", [others], predictor.frequency, labels[some], rng)
    say("annotations left out")
    kernel = AnnotationKernel(labels, hpo.gene_diseases(link_sources(hpo))[genes], *label_basis(labels))
    direct = direct_terms(hpo, genes[some], terms)
    factors = predictor.annotated_factors, predictor.term_factors
    strengths = [others[:n_left_out], left_out_strengths(kernel, *factors, direct, some[:n_left_out])]
    yield from crossed(
        "with the gene's other annotations", strengths, predictor.frequency, labels[some[:n_left_out]], rng
    )


def crossed(
    kind: str, strengths: list, frequency: np.ndarray, labels: sparse.csr_array, rng: np.random.Generator
) -> Iterator[dict]:
    """Probabilities by calibration on the other half of the genes."""
    truth = labels.toarray() > 0
    half, probability = rng.permutation(len(truth)) % 2, np.zeros(truth.shape)
    for part in range(2):
        train, test = half != part, half == part
        coefficients, knots = fit_calibration([s[train] for s in strengths], frequency, truth[train], rng)
        raw = raw_log_odds(frequency, coefficients, *(strength[test] for strength in strengths))
        probability[test] = isotonic_probability(raw, knots)
    edges = np.array([0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    for row in by_probability(probability.ravel(), truth.ravel(), edges):
        yield {"prediction": kind} | row


def by_probability(probability: np.ndarray, truth: np.ndarray, edges: np.ndarray) -> Iterator[dict]:
    for low, high in pairwise(edges.tolist()):
        at = (probability >= low) & (probability < high)
        if at.sum() >= 20:
            mean = {"predicted": probability[at].mean(), "annotated": truth[at].mean()}
            yield {"low": low, "high": high} | mean | {"n": int(at.sum())}


def random_lists(rng: np.random.Generator, n_lists: int = 40) -> Iterator[dict]:
    """Fraction of p-values of random lists below 0.05, and of lists with an adjusted p-value below 0.05."""
    from scipy.stats import false_discovery_control

    adata = scgsfm.datasets.pbmc()
    genes = adata.var_names[np.asarray((adata.X > 0).sum(axis=0)).ravel() > 0].to_numpy().astype(object)
    tests = PhenotypeEnrichment.over(genes, min_genes=5, max_genes=500)
    n_sets = sum(
        np.asarray(GeneSets(name).membership(genes).sum(axis=0)).ravel()
        for name in ("go_bp", "go_cc", "go_mf", "reactome")
    )
    for drawn, weight in (("at random", None), ("well studied", n_sets / n_sets.sum())):
        for size in (10, 30, 100):
            found: dict[str, list] = {}
            for _ in range(n_lists):
                query = rng.choice(len(genes), size, replace=False, p=weight)
                for name, terms in (("known phenotypes", tests.phenotypes), ("known diseases", tests.diseases)):
                    found.setdefault(name, []).append(ora(terms.annotated_query(query), terms.sets).pvalue)
                found.setdefault("predicted phenotypes", []).append(tests.predicted(query).pvalue)
            for name, pvalues in found.items():
                any_found = [bool((false_discovery_control(p) < 0.05).any()) for p in pvalues]
                share = {"share": np.mean(np.array(pvalues) < 0.05), "any": np.mean(any_found)}
                yield {"genes": drawn, "size": size, "rows": name, "n_lists": n_lists} | share


def draw(table: pd.DataFrame, path: Path) -> None:
    """Fraction of annotated pairs against the probability, on logit scales."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(3.6, 3.4), layout="constrained")
    inside = table[(table["annotated"] > 0) & (table["annotated"] < 1)]
    colors = ("#21618c", "#d35400")
    ax.plot([1e-4, 0.98], [1e-4, 0.98], color="#aaaaaa", linewidth=1)
    for color, (name, part) in zip(colors, inside.groupby("prediction", sort=False), strict=False):
        ax.plot(part["predicted"], part["annotated"], "o-", color=color, markersize=4, label=name)
    ax.legend(frameon=False, fontsize=7, loc="upper left")
    ax.set(xscale="logit", yscale="logit", xlabel="predicted probability", ylabel="share annotated")
    ticks = [0.001, 0.01, 0.1, 0.5, 0.9]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.set_minor_formatter(mpl.ticker.NullFormatter())
    ax.spines[["top", "right"]].set_visible(False)
    plt.savefig(path, dpi=150)
    plt.close()


def speed(rng: np.random.Generator, n: int = 100_000) -> dict:
    hpo, predictor = load_annotations(), load_predictor()
    genes = rng.choice(predictor.genes, n)
    terms = rng.choice(np.flatnonzero(hpo.ontology.is_phenotype), n)
    predictor.probability(genes[:10], terms[:10])
    start = time.process_time()
    predictor.probability(genes, terms)
    return {"n_pairs": n, "pairs_per_second": n / (time.process_time() - start)}


def main() -> None:
    made = parser(__doc__)
    parts = ("ranking", "relations", "associations", "calibration", "lists")
    made.add_argument("--only", nargs="+", choices=parts, default=parts, help="some of the tables")
    made.add_argument("--fitted", type=Path, metavar="FILE", help="keeps the predictor of 2023 for later runs")
    made.add_argument("--cases-of-gene", type=int, metavar="N", help="`ranking` with at most N cases of each gene")
    args = made.parse_args()
    folder, rng = data_file(args.data, "phenotype"), np.random.default_rng(SEED)
    if "ranking" in args.only:
        report("gene_ranking", pd.DataFrame(ranking(folder, args.cases_of_gene, rng)), args.out)
    if "relations" in args.only:
        report("gene_relations", pd.DataFrame(relation_table(folder, rng)), args.out)
    if "associations" in args.only:
        fitted = fit_on_2023(folder, args.fitted)
        report("new_associations", pd.DataFrame(associations(folder, fitted, rng)), args.out)
        report("told_later", pd.DataFrame(told_later(folder, fitted)), args.out)
    if "calibration" in args.only:
        table = pd.DataFrame(calibration(rng))
        report("relation_calibration", table, args.out)
        draw(table, args.out / "relation_calibration.png")
        report("relation_speed", pd.DataFrame([speed(rng)]), args.out)
    if "lists" in args.only:
        report("phenotype_lists", pd.DataFrame(random_lists(rng)), args.out)


if __name__ == "__main__":
    main()
