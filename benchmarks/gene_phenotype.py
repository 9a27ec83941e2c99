"""Genes, phenotypes and patients: what the relation predictor and the ranking of genes find, beside simple ways.

    python benchmarks/gene_phenotype.py --data FOLDER [--only ranking relations associations calibration lists]

``ranking``
    Published patients whose causal gene was found. Known annotations are of 2023, which is legitimate: this is how a
    ranker is used, and most of the genes are among them. The weights are fitted on the cases of other genes (five folds
    of genes). ``macro`` gives each gene the same weight, however many cases it has. The last row takes the annotations
    of each case's gene away, so that it is ranked by predicted relations among the genes without any.
``relations``
    Genes held out with all their annotations, five splits. A pair of gene and annotated term stands against the gene
    with another term as frequent, that neither it nor a descendant of it is annotated with. Stripped summaries lack the
    sentences that speak of diseases. What there is to choose is chosen on a part of the training genes.
``associations``
    What the cases tell of a gene that the annotations of 2023 didn't know, against terms as frequent; and, of all pairs of
    these genes and terms that weren't annotated, how many the cases tell among those of like probability.
``calibration``
    Of pairs of held-out genes and all terms, how many are annotated among those of like probability; also of annotations
    that were left out, told with what else is known of the gene. Curves are fitted on other genes. And the speed.
``lists``
    How often random lists of genes are significant in ``tl.phenotypes``: genes at random, and well-studied ones, drawn by
    the number of their sets in GO and Reactome.

Intervals are 95 %: for ``ranking`` and ``associations`` over genes drawn anew, for ``relations`` over splits.
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
from _common import data_file, parser, report, say

sys.path.append(str(Path(__file__).resolve().parents[1] / "training"))

from gene_vectors import SNAPSHOT, gene_vectors, labels_of, read_cases, read_summaries
from gpgpt_relations import direct_terms, left_out

import scgsfm
from scgsfm import GeneSets
from scgsfm.enrichment import ora
from scgsfm.phenotypes import FEATURES, GeneRanker, PhenotypeEnrichment, load_annotations, load_predictor
from scgsfm.phenotypes._predictor import calibrated, raw_log_odds
from scgsfm.phenotypes.fitting._annotation_kernel import AnnotationKernel
from scgsfm.phenotypes.fitting._gene_ranking_weights import examples, fit_weights
from scgsfm.phenotypes.fitting._gene_similarity import (
    MIXTURE,
    GeneSimilarity,
    basis,
    calibrate,
    encode,
    nearest,
    ridge,
    smoother,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gene_vectors import Case

    from scgsfm.phenotypes import HPOAnnotations

N_FOLDS, N_BOOT, SEED = 5, 1000, 0
MIN_GENES, NEAR = 5, 60
"""Terms of fewer genes aren't asked; a negative is among so many terms less and so many more frequent."""
MEASURES = {"top1": lambda r: r <= 1, "top10": lambda r: r <= 10, "mrr": lambda r: 1 / r}


def rank(scores: np.ndarray, gene: int) -> float:
    """1 for the best; ties share their mean rank."""
    own = scores[gene]
    return float((scores > own).sum() + ((scores == own).sum() + 1) / 2)


def folds_of(cases: list[Case], rng: np.random.Generator) -> np.ndarray:
    """A fold for each case; all cases of a gene have the same."""
    genes = sorted({case.gene for case in cases})
    fold = dict(zip(genes, rng.permutation(len(genes)) % N_FOLDS, strict=True))
    return np.array([fold[case.gene] for case in cases])


def ranking(folder: Path, rng: np.random.Generator) -> Iterator[dict]:
    index = load_annotations()
    cases = read_cases(folder, index)
    ranker = GeneRanker(index, np.zeros(len(FEATURES)), sources=SNAPSHOT)
    genes = np.array([index.gene(case.gene) for case in cases])
    ranks = {
        name: np.zeros(len(cases)) for name in ("shared information (Phrank-like)", "likelihood ratio", "gpgpt-mini")
    }
    for i, case in enumerate(cases):
        above = ranker.ontology.propagated(case.present)
        ranks["shared information (Phrank-like)"][i] = rank(ranker.shared(above)[ranker.genes], of(ranker, genes[i]))
    say("features")
    data = examples(ranker, [(index.gene(c.gene), c.present, c.absent) for c in cases], rng)
    counts = Counter(genes.tolist())
    share, folds = np.array([counts[gene] ** -0.5 for gene in genes.tolist()]), folds_of(cases, rng)
    alone = np.eye(len(FEATURES))[FEATURES.index("likelihood")]
    for fold in range(N_FOLDS):
        say(f"fold {fold + 1} of {N_FOLDS}")
        fitted = fit_weights(data.take(folds != fold), share[folds != fold])
        for i in np.flatnonzero(folds == fold).tolist():
            for name, weights in (("likelihood ratio", alone), ("gpgpt-mini", fitted)):
                ranker.weights = weights
                scores = ranker.scores(cases[i].present, cases[i].absent)[1][ranker.genes]
                ranks[name][i] = rank(scores, of(ranker, genes[i]))
    predictor, inside = load_predictor(), {index.genes[row] for row in ranker.genes.tolist()}
    others = [gene for gene in predictor.genes if gene not in inside]
    hidden = np.array([rank(predictor.fit([case.gene, *others], case.present), 0) for case in cases])
    for name, found in ranks.items():
        yield {"method": name, "candidates": len(ranker.genes)} | measured(found, genes, rng)
    name = "gpgpt-mini, gene without annotation"
    yield {"method": name, "candidates": len(others) + 1} | measured(hidden, genes, rng)


def of(ranker: GeneRanker, gene: int) -> int:
    return int(np.searchsorted(ranker.genes, gene))


def measured(ranks: np.ndarray, genes: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Measures over cases and over genes, with intervals over genes drawn anew."""
    names, code = np.unique(genes, return_inverse=True)
    size = np.bincount(code)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), N_BOOT)
    told: dict[str, float] = {"n_cases": len(ranks), "n_genes": len(names), "median": float(np.median(ranks))}
    for name, measure in MEASURES.items():
        values = measure(ranks).astype(float)
        total = np.bincount(code, values)
        for kind, top, weight in (("", total, size), ("macro_", total / size, np.ones(len(names)))):
            again = drawn @ top / (drawn @ weight)
            told[f"{kind}{name}"] = top.sum() / weight.sum()
            told[f"{kind}{name}_low"], told[f"{kind}{name}_high"] = np.quantile(again, [0.025, 0.975])
    return told


class Task:
    """Annotated genes with a summary, and their terms."""

    def __init__(self, index: HPOAnnotations, summaries: dict[str, str]) -> None:
        direct = index.gene_terms(SNAPSHOT)
        rows = [
            i for i, gene in enumerate(index.genes) if gene in summaries and direct.indptr[i + 1] > direct.indptr[i]
        ]
        self.genes = [index.genes[i] for i in rows]
        self.direct = direct[rows]
        labels = labels_of(index, self.genes)
        counts = np.asarray(labels.sum(axis=0)).ravel()
        self.terms = np.flatnonzero(counts >= MIN_GENES)
        self.terms = self.terms[np.argsort(counts[self.terms], kind="stable")]
        """By frequency."""
        self.labels = labels[:, self.terms]
        self.labels.sort_indices()

    def pairs(self, genes: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places among ``genes``, columns of terms, and whether the pair is annotated."""
        column = {term: i for i, term in enumerate(self.terms.tolist())}
        found = []
        for i, gene in enumerate(genes.tolist()):
            own = set(self.labels[[gene]].indices.tolist())
            for term in self.direct[[gene]].indices.tolist():
                near = column.get(term)
                if near is not None:
                    found += [(i, near, True), (i, negative(near, own, len(self.terms), rng), False)]
        return tuple(np.array(part) for part in zip(*found, strict=True))


def negative(near: int, own: set[int], n: int, rng: np.random.Generator) -> int:
    """A term about as frequent that isn't the gene's own; of another frequency only if it has all of those."""
    width = NEAR
    while True:
        others = [other for other in range(max(near - width, 0), min(near + width + 1, n)) if other not in own]
        if others:
            return others[rng.integers(len(others))]
        width *= 2


def auroc(score: np.ndarray, truth: np.ndarray) -> float:
    from scipy.stats import rankdata

    ranks, n = rankdata(score), int(truth.sum())
    return float((ranks[truth].sum() - n * (n + 1) / 2) / (n * (len(truth) - n)))


class Split:
    """Scores of all terms for test genes, from training genes."""

    def __init__(self, task: Task, vectors: dict, train: np.ndarray, test: np.ndarray) -> None:
        self.likeness, self.train, self.test = GeneSimilarity(vectors), train, test
        self.labels = task.labels[train]
        self.turned = self.labels.T.tocsr()
        self.frequency = np.asarray(self.labels.mean(axis=0)).ravel()

    def neighbours(self, kind: str, n: int) -> np.ndarray:
        """Nearest neighbours by cosine, with a prior of the term's frequency."""
        return self.strength(nearest(self.likeness.cosines(kind, self.test, self.train), n))

    def regression(self, mixture: dict[str, float]) -> np.ndarray:
        own = self.likeness.kernel(self.train, self.train, mixture)
        return self.strength(ridge(own, self.likeness.kernel(self.train, self.test, mixture)))

    def strength(self, weights: np.ndarray) -> np.ndarray:
        """Departure from the term's frequency in units of its root."""
        raw = (self.turned @ weights.T).T - np.outer(weights.sum(axis=1), self.frequency)
        return raw / np.sqrt(self.frequency + 1 / len(self.train))

    def encoded(self) -> np.ndarray:
        """As in the package."""
        genes, terms = encode(smoother(self.likeness, self.train, self.test), self.labels, *basis(self.labels))
        return genes @ terms.T


def relation_methods(split: Split) -> Iterator[tuple[str, str, np.ndarray]]:
    """Method, what is chosen, and the scores of test genes × terms."""
    yield "popularity of the term", "", np.broadcast_to(split.frequency, (len(split.test), len(split.frequency)))
    for name, kind in (
        ("summaries (TF-IDF), neighbours", "text"), ("gene sets, neighbours", "sets"), ("GSFM embedding, neighbours", "embedding"),
    ):  # fmt: skip
        for n in (20, 60, 120):
            yield name, f"{n} neighbours", split.neighbours(kind, n)
    for name, kind in (("summaries", "text"), ("gene sets", "sets"), ("GSFM embedding", "embedding")):
        yield f"{name}, kernel regression", "", split.regression({kind: MIXTURE[kind]})
    yield "all three, kernel regression", "", split.regression(MIXTURE)
    yield "gpgpt-mini", "", split.encoded()


def relation_scores(task: Task, vectors: dict, folds: np.ndarray, fold: int) -> dict[str, float]:
    """AUROC of each method on a fold; of several settings the best on an inner split of the training genes."""
    rng = np.random.default_rng(SEED + fold)
    train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
    inner = rng.permutation(train)
    cut = len(inner) // N_FOLDS
    chosen: dict[str, tuple[float, str]] = {}
    for part, (fit, held) in enumerate(((np.sort(inner[cut:]), np.sort(inner[:cut])), (train, test))):
        gene, term, truth = task.pairs(held, rng)
        told = {}
        for name, setting, scores in relation_methods(Split(task, vectors, fit, held)):
            value = auroc(scores[gene, term], truth)
            if part == 0:
                chosen[name] = max(chosen.get(name, (0.0, "")), (value, setting))
            elif chosen[name][1] == setting:
                told[name] = value
    return told


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
            told = {"auroc": values.mean(), "low": values.mean() - half, "high": values.mean() + half}
            yield {"summaries": text, "method": name, "n_genes": int((folds == 0).sum())} | told


def associations(folder: Path, rng: np.random.Generator) -> Iterator[dict]:
    """New pairs of the cases against pairs as frequent; the methods predict genes from others, and themselves."""
    index, predictor = load_annotations(), load_predictor()
    known = labels_of(index, index.genes).tocsr()
    frequency = np.asarray(known.mean(axis=0)).ravel()
    modelled = np.flatnonzero((predictor.column >= 0) & (frequency * known.shape[0] >= MIN_GENES))
    order = modelled[np.argsort(frequency[modelled], kind="stable")]
    place = {term: i for i, term in enumerate(order.tolist())}
    told: dict[str, set[int]] = {}
    for case in read_cases(folder, index):
        told.setdefault(case.gene, set()).update(case.present)
    pairs = []
    for gene, terms in told.items():
        own = set(known[[index.gene(gene)]].indices.tolist())
        taken = {place[t] for t in own | terms if t in place}
        for term in sorted(terms - own):
            if term in place:
                pairs += [(gene, term, True), (gene, order[negative(place[term], taken, len(order), rng)], False)]
    genes, terms, truth = (np.array(part) for part in zip(*pairs, strict=True))
    rows = np.array([index.gene(gene) for gene in genes])
    score = {"popularity of the term": frequency[terms]}
    columns = predictor.column[terms]
    strength = np.einsum("ij,ij->i", predictor.gene_factors[predictor.rows(genes)], predictor.term_factors[columns])
    for name, chance in (
        ("gpgpt-mini, from other genes", predictor.calibrated(strength, predictor.frequency[columns])),
        ("neighbours by annotation", None),
        ("gpgpt-mini, with the gene's own annotations", predictor.probability(genes, terms)),
    ):
        score[name] = (
            by_annotation(known, rows, terms) if chance is None else log_odds(chance) - np.log(frequency[terms])
        )
    for name, values in score.items():
        low, high = resampled(values, truth, rows, rng)
        counts = {"n_genes": len(told), "n_pairs": int(truth.sum())}
        yield {"method": name} | counts | {"auroc": auroc(values, truth), "low": low, "high": high}


def log_odds(chance: np.ndarray) -> np.ndarray:
    return np.log(chance) - np.log1p(-chance)


def told_later(folder: Path) -> Iterator[dict]:
    """Of the pairs of the cases' genes with all modelled terms that weren't annotated, how many the cases tell."""
    index, predictor = load_annotations(), load_predictor()
    terms = np.array([index.ontology.row(number) for number in predictor.terms.tolist()])
    told: dict[str, set[int]] = {}
    for case in read_cases(folder, index):
        told.setdefault(case.gene, set()).update(case.present)
    chance, truth = [], []
    for gene, present in told.items():
        known = index.gene_phenotypes[[index.gene(gene)]].toarray().ravel()[terms]
        chance.append(predictor.probability([gene] * len(terms), terms)[~known])
        truth.append(np.isin(terms, index.ontology.propagated(present))[~known])
    for row in by_probability(
        np.concatenate(chance), np.concatenate(truth), np.array([0, 0.01, 0.03, 0.1, 0.3, 0.5, 1])
    ):
        yield {"n_genes": len(told)} | row


def by_annotation(known: Any, rows: np.ndarray, terms: np.ndarray, n: int = 60) -> np.ndarray:
    """Share of the genes with the likest annotations of 2023 that have a term, over its frequency."""
    frequency = np.asarray(known.mean(axis=0)).ravel()
    weight = np.sqrt(-np.log(np.maximum(frequency, 1 / known.shape[0])))
    scaled = known.multiply(weight).tocsr()
    length = np.sqrt(np.asarray(scaled.multiply(scaled).sum(axis=1)).ravel())
    score = np.zeros(len(rows))
    for row in np.unique(rows).tolist():
        likeness = (scaled @ scaled[[row]].toarray().ravel()) / np.maximum(length * length[row], 1e-9)
        likeness[row] = 0
        near = np.argsort(-likeness)[:n]
        share = likeness[near] @ known[near] / (likeness[near].sum() + 1)
        at = rows == row
        score[at] = np.log((share[terms[at]] + 1e-3) / (frequency[terms[at]] + 1e-3))
    return score


def resampled(values: np.ndarray, truth: np.ndarray, rows: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """Interval of the AUROC over genes drawn anew."""
    own = {row: np.flatnonzero(rows == row) for row in np.unique(rows).tolist()}
    found = []
    for _ in range(200):
        at = np.concatenate([own[row] for row in rng.choice(list(own), len(own))])
        found.append(auroc(values[at], truth[at]))
    return tuple(np.quantile(found, [0.025, 0.975]))


def calibration(rng: np.random.Generator, n_genes: int = 2000, n_left_out: int = 400) -> Iterator[dict]:
    """Pairs of annotated genes and all modelled terms, predicted with and without the gene's other annotations."""
    index, predictor = load_annotations(), load_predictor()
    genes = np.array([index.gene(predictor.genes[row]) for row in predictor.annotated.tolist()])
    terms = np.array([index.ontology.row(number) for number in predictor.terms.tolist()])
    labels = labels_of(index, [index.genes[gene] for gene in genes.tolist()])[:, terms]
    some = rng.permutation(len(genes))[:n_genes]
    others = predictor.gene_factors[predictor.annotated[some]] @ predictor.term_factors.T
    yield from crossed("from other genes", [others], predictor.frequency, labels[some], rng)
    say("annotations left out")
    alike = AnnotationKernel(labels, index.gene_diseases(SNAPSHOT)[genes], *basis(labels))
    own = left_out(
        alike, predictor.own_factors, predictor.term_factors, direct_terms(index, genes[some], terms), some[:n_left_out]
    )
    strengths = [others[:n_left_out], own]
    yield from crossed(
        "with the gene's other annotations", strengths, predictor.frequency, labels[some[:n_left_out]], rng
    )


def crossed(kind: str, strengths: list, frequency: np.ndarray, labels: Any, rng: np.random.Generator) -> Iterator[dict]:
    """Probabilities by curves that were fitted on the other half of the genes."""
    truth = labels.toarray() > 0
    half, chance = rng.permutation(len(truth)) % 2, np.zeros(truth.shape)
    for part in range(2):
        fitted, told = half != part, half == part
        blend, knots = calibrate([strength[fitted] for strength in strengths], frequency, truth[fitted], rng)
        chance[told] = calibrated(raw_log_odds(frequency, blend, *(strength[told] for strength in strengths)), knots)
    edges = np.array([0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    for row in by_probability(chance.ravel(), truth.ravel(), edges):
        yield {"prediction": kind} | row


def by_probability(chance: np.ndarray, truth: np.ndarray, edges: np.ndarray) -> Iterator[dict]:
    for low, high in pairwise(edges.tolist()):
        at = (chance >= low) & (chance < high)
        if at.sum() >= 20:
            mean = {"predicted": chance[at].mean(), "annotated": truth[at].mean()}
            yield {"low": low, "high": high} | mean | {"n": int(at.sum())}


def random_lists(rng: np.random.Generator, n_lists: int = 40) -> Iterator[dict]:
    """Share of the p-values of random lists below .05, and of the lists with an adjusted one below it."""
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
                    found.setdefault(name, []).append(ora(terms.within(query), terms.terms).pvalue)
                found.setdefault("predicted phenotypes", []).append(tests._predicted(query).pvalue)
            for name, pvalues in found.items():
                any_found = [bool((false_discovery_control(p) < 0.05).any()) for p in pvalues]
                share = {"share": np.mean(np.array(pvalues) < 0.05), "any": np.mean(any_found)}
                yield {"genes": drawn, "size": size, "rows": name, "n_lists": n_lists} | share


def draw(table: pd.DataFrame, path: Path) -> None:
    """Share annotated against the probability, on scales of odds."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    _, ax = plt.subplots(figsize=(3.6, 3.4), layout="constrained")
    inside = table[(table["annotated"] > 0) & (table["annotated"] < 1)]
    colours = ("#21618c", "#d35400")
    ax.plot([1e-4, 0.98], [1e-4, 0.98], color="#aaaaaa", linewidth=1)
    for colour, (name, part) in zip(colours, inside.groupby("prediction", sort=False), strict=False):
        ax.plot(part["predicted"], part["annotated"], "o-", color=colour, markersize=4, label=name)
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
    index, predictor = load_annotations(), load_predictor()
    genes = rng.choice(predictor.genes, n)
    terms = rng.choice(np.flatnonzero(index.ontology.is_phenotype), n)
    predictor.probability(genes[:10], terms[:10])
    start = time.process_time()
    predictor.probability(genes, terms)
    return {"n_pairs": n, "pairs_per_second": n / (time.process_time() - start)}


def main() -> None:
    made = parser(__doc__)
    parts = ("ranking", "relations", "associations", "calibration", "lists")
    made.add_argument("--only", nargs="+", choices=parts, default=parts, help="some of the tables")
    args = made.parse_args()
    folder, rng = data_file(args.data, "phenotype"), np.random.default_rng(SEED)
    if "ranking" in args.only:
        report("gene_ranking", pd.DataFrame(ranking(folder, rng)), args.out)
    if "relations" in args.only:
        report("gene_relations", pd.DataFrame(relation_table(folder, rng)), args.out)
    if "associations" in args.only:
        report("new_associations", pd.DataFrame(associations(folder, rng)), args.out)
        report("told_later", pd.DataFrame(told_later(folder)), args.out)
    if "calibration" in args.only:
        table = pd.DataFrame(calibration(rng))
        report("relation_calibration", table, args.out)
        draw(table, args.out / "relation_calibration.png")
        report("relation_speed", pd.DataFrame([speed(rng)]), args.out)
    if "lists" in args.only:
        report("phenotype_lists", pd.DataFrame(random_lists(rng)), args.out)


if __name__ == "__main__":
    main()
