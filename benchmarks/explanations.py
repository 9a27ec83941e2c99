"""Explanations of gene sets: names, coherence, genes that do not belong, and the check of claims.

    python benchmarks/explanations.py --rows 1000
    python benchmarks/explanations.py --rows 1000 --only naming --parts FOLDER  # in several shells, which share the work

Data: the 1,000 Gene Ontology sets of Hu et al. 2024 with 0, 50 and 100 % of their genes replaced. The score of coherence
was fitted to 200 of these (``training/fit_coherence.py``), so that its table has the other 800. The name of a set is the
first function of its explanation. It is compared with the true term by the percentile of their similarity among the
similarities of the name to all biological processes (GO 2022-07), with ties counted half, as by Hu et al. Similarities are

- the cosine of TF-IDF vectors (words and pairs of words): the name against the names, or the names and definitions, of terms;
- the Jaccard index of the ancestors in the GO graph. A name from another library stands for the term with the most similar
  name and definition.

A set without a name gets percentile 50, the expectation of a random name. Overlap naming takes the term with the lowest
p-value of the hypergeometric test over all genes. One table has the results by how much is known about the genes: the median
number of terms per gene in two libraries, in three equal parts of the sets.

False claims: each true claim of explanations of cells and sets is altered in one of six ways.
"""

from __future__ import annotations

import gzip
import re
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import anndata as ad
import numpy as np
import pandas as pd
from _common import data_file, parser, report, say, stop
from scipy.sparse import csr_array, identity
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import roc_auc_score

import scgsfm
from scgsfm import explanation
from scgsfm.explanation import Claim, ClaimChecker, ClaimTables, Options, Query, Retriever, Sources, write
from scgsfm.models import as_model

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from fit_coherence import COLUMNS, fitted_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scgsfm.completion import GeneSetModel

REPLACED = ("0 %", "50 %", "100 %")
LOOSE = Options(max_padj=1.0)
PART = 25
"""Number of sets in a part."""
KINDS_OF_SIMILARITY = ("names", "definitions", "graph")
LIBRARIES = {"without GO": ("reactome", "hallmark"), "with GO": ("go_bp", "reactome", "hallmark")}


# the sets


def benchmark_sets(file: Path, rows: int, seed: int) -> pd.DataFrame:
    """A sample of the sets, of which ``unseen`` says which the score was not fitted to; these are drawn first."""
    table = pd.read_csv(file)
    table["unseen"] = ~fitted_rows(table)
    order = np.random.default_rng(seed).permutation(len(table))
    chosen = order[np.argsort(~table["unseen"].to_numpy()[order], kind="stable")][:rows]
    return table.iloc[chosen].reset_index(drop=True)


def queries(table: pd.DataFrame, column: str) -> list[Query]:
    return [Query(np.array(str(genes).split(), dtype=object)) for genes in table[column]]


# similarity of names


class GOTerms:
    """Biological processes, and the similarity of a name to each."""

    def __init__(self, file: Path) -> None:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines][1:]
        rows = [row for row in rows if row[1] == "BP"]
        self.ids = [row[0] for row in rows]
        self.position = {name: i for i, name in enumerate(self.ids)}
        self.vectorizers, self.vectors = {}, {}
        options: dict[str, Any] = {"ngram_range": (1, 2), "sublinear_tf": True, "stop_words": "english"}
        texts = {"names": [row[2] for row in rows], "definitions": [f"{row[2]}. {row[2]}. {row[4]}" for row in rows]}
        for kind, documents in texts.items():
            self.vectorizers[kind] = TfidfVectorizer(**options).fit(documents)
            self.vectors[kind] = csr_array(self.vectorizers[kind].transform(documents))
        self.known: dict[str, dict[str, np.ndarray]] = {}
        self.ancestors = self._closure(rows)
        self.n_ancestors = np.diff(self.ancestors.indptr)

    def _closure(self, rows: list[list[str]]) -> csr_array:
        """Terms × ancestors, with the term itself, by is_a and part_of."""
        children, parents = [], []
        for i, row in enumerate(rows):
            for parent in row[3].split("|"):
                relation, _, name = parent.partition(":")
                if relation in {"isa", "partof", "part_of"} and name in self.position:
                    children.append(i)
                    parents.append(self.position[name])
        n = len(rows)
        step = csr_array((np.ones(len(children), np.float32), (children, parents)), shape=(n, n))
        step = step + csr_array(identity(n, dtype=np.float32, format="csr"))
        while True:
            further = step @ step
            further.data[:] = 1
            if further.nnz == step.nnz:
                return further
            step = further

    def similarities(self, name: str) -> dict[str, np.ndarray]:
        """Similarity of a name to all terms, by kind. Those of recent names are kept."""
        if name not in self.known:
            if len(self.known) == 500:
                self.known.clear()
            self.known[name] = {kind: each.astype(np.float32) for kind, each in self._similarities(name).items()}
        return self.known[name]

    def _similarities(self, name: str) -> dict[str, np.ndarray]:
        plain = re.sub(r" \(GO:\d+\)$", "", name)
        found = {
            kind: np.asarray((self.vectors[kind] @ vectorizer.transform([plain]).T).todense()).ravel()
            for kind, vectorizer in self.vectorizers.items()
        }
        go = re.search(r"GO:\d{7}", name)
        row = self.position.get(go[0], -1) if go else -1
        if row < 0 and found["definitions"].max() > 0:
            row = int(found["definitions"].argmax())
        if row >= 0:
            shared = np.asarray((self.ancestors @ self.ancestors[[row]].T).todense()).ravel()
            found["graph"] = shared / (self.n_ancestors + self.n_ancestors[row] - shared)
        else:
            found["graph"] = np.zeros(len(self.ids))
        return found

    def percentiles(self, name: str, true: str) -> dict[str, float]:
        """Percentile of the similarity to the true term among all terms."""
        if not name:
            return dict.fromkeys(KINDS_OF_SIMILARITY, 50.0)
        at = self.position[true]
        return {
            kind: 100
            * float(((values < values[at]).sum() + ((values == values[at]).sum() - 1) / 2) / (len(values) - 1))
            for kind, values in self.similarities(name).items()
        }


# names


class Remembering(explanation.CoherenceModel):
    """Assesses each set once, since it is the same for all libraries."""

    known: ClassVar[dict[bytes, Any]] = {}

    def assess(self, sets: Sequence[np.ndarray]) -> list[Any]:
        for tokens in sets:
            key = np.asarray(tokens, np.int64).tobytes()
            if key not in self.known:
                (self.known[key],) = super().assess([tokens])
        return [self.known[np.asarray(tokens, np.int64).tobytes()] for tokens in sets]


class NamingRetriever(Retriever):
    """Predicts no further genes, which no name depends on."""

    def _predicted(self, *args: Any) -> list[tuple[str, float]]:
        return []


def retrievers(model: GeneSetModel) -> dict[str, tuple[Retriever, Retriever]]:
    """For each choice of libraries, retrievers of significant and of all terms."""
    coherence_model, found = Remembering.of(model), {}
    for retrieval, libraries in LIBRARIES.items():
        sources = Sources.of({name: name for name in libraries}, None, phenotypes=False)
        limits = NamingRetriever(sources, coherence_model, Options()), Retriever(sources, coherence_model, LOOSE)
        found[retrieval] = limits
    return found


def named(table: pd.DataFrame, terms: GOTerms, by: dict[str, tuple[Retriever, Retriever]]) -> pd.DataFrame:
    """A row for each set, share of replaced genes, choice of libraries and method: the name and its percentiles."""
    rows = []
    for column, replaced in zip(COLUMNS, REPLACED, strict=True):
        for query, (i, of_set) in zip(queries(table, column), table.iterrows(), strict=True):
            for retrieval, (retriever, loose) in by.items():
                (facts,) = retriever.facts([query])
                found = facts.coherence
                coherent = found is not None and found.is_coherent
                about = {"retrieval": retrieval, "replaced": replaced, "set": i, "unseen": of_set["unseen"]}
                about |= {"coherent": coherent, "coherence": np.nan if found is None else found.score}
                about["abstained"] = not (facts.functions and coherent)
                for method, hits in (("overlap", overlap(loose, query)), ("explain", facts.functions)):
                    name = hits[0].label if hits else ""
                    row = about | {"method": method, "name": name}
                    rows.append(row | terms.percentiles(name, of_set["GO"]))
    return pd.DataFrame(rows).sort_values(["retrieval", "replaced", "method"], key=in_order, kind="stable")


def in_order(column: pd.Series) -> pd.Series:
    """Ranks of the values of a column as they are listed above."""
    listed = [*LIBRARIES, *REPLACED, "overlap", "explain"]
    return column.map(listed.index)


def named_in_parts(table: pd.DataFrame, terms: GOTerms, model: GeneSetModel, folder: Path) -> pd.DataFrame:
    """The same, from files with the names of a few sets each. Files that do not exist are computed.

    An empty file says that another process computes the part. Ends the script if parts of others are missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = {start: folder / f"names_{start}.csv" for start in range(0, len(table), PART)}
    by = None
    for start, file in parts.items():
        try:
            file.touch(exist_ok=False)
        except FileExistsError:
            continue
        by = by or retrievers(model)
        found = named(table.iloc[start : start + PART], terms, by)
        finished = file.with_suffix(".part")
        found.to_csv(finished, index=False)
        finished.replace(file)
        say(f"named sets {start} to {start + PART}")
    if missing := [file.name for file in parts.values() if not file.stat().st_size]:
        stop(f"Other processes are at work on {', '.join(missing)}: run this again when they are done.")
    found = pd.concat([pd.read_csv(file, keep_default_na=False) for file in parts.values()], ignore_index=True)
    found = found[found["set"].isin(table.index)].assign(coherence=pd.to_numeric(found["coherence"]))
    return found.sort_values(["retrieval", "replaced", "method"], key=in_order, kind="stable", ignore_index=True)


def naming(names: pd.DataFrame) -> pd.DataFrame:
    """Medians and shares over the sets."""
    rows = []
    for (retrieval, replaced, method), found in names.groupby(["retrieval", "replaced", "method"], sort=False):
        row: dict[str, Any] = {"retrieval": retrieval, "replaced": replaced, "method": method, "n_sets": len(found)}
        for kind in KINDS_OF_SIMILARITY:
            row[f"median {kind}"] = found[kind].median()
            row[f"95th {kind}"] = (found[kind] >= 95).mean()
        row["unnamed"] = (found["name"] == "").mean()
        row["abstained"] = found["abstained"].mean() if method == "explain" else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def overlap(retriever: Retriever, query: Query) -> list[explanation.Hit]:
    """Terms by the p-value of the hypergeometric test over all genes."""
    return retriever._function_hits(retriever._positions(query.genes), query.masked)


# how much is known about the genes


def terms_per_gene(table: pd.DataFrame) -> np.ndarray:
    """Median number of terms of the genes of each set."""
    counts: Counter[str] = Counter()
    for library in ("go_bp", "reactome"):
        sets = scgsfm.GeneSets(library)
        counts.update(gene for name in sets for gene in sets[name])
    return np.array([np.median([counts[gene] for gene in str(genes).split()]) for genes in table["Genes"]])


def studied(table: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Names and coherence of three equal parts of the sets, by the median number of terms of their genes."""
    n_terms = terms_per_gene(table)
    part = np.argsort(np.argsort(n_terms, kind="stable"), kind="stable") * 3 // len(table)
    names = names[names["method"] == "explain"]
    rows = []
    for k in range(3):
        inside = np.flatnonzero(part == k)
        row: dict[str, Any] = {"terms per gene": f"{n_terms[inside].min():g} to {n_terms[inside].max():g}"}
        row["n_sets"] = len(inside)
        mine = names[names["set"].isin(inside)]
        for retrieval, found in mine[mine["replaced"] == "0 %"].groupby("retrieval", sort=False):
            row[f"unnamed {retrieval}"] = (found["name"] == "").mean()
            for kind in KINDS_OF_SIMILARITY:
                row[f"95th {kind} {retrieval}"] = (found[kind] >= 95).mean()
        unseen = mine[mine["unseen"] & (mine["retrieval"] == next(iter(LIBRARIES))) & mine["coherence"].notna()]
        of = dict(iter(unseen.groupby("replaced")))
        row["n_unseen"] = len(of["0 %"])
        for replaced in REPLACED:
            row[f"coherent {replaced}"] = of[replaced]["coherent"].mean()
        for replaced in REPLACED[:2]:
            y = np.repeat([1, 0], [len(of[replaced]), len(of["100 %"])])
            row[f"auroc {replaced}"] = roc_auc_score(y, [*of[replaced]["coherence"], *of["100 %"]["coherence"]])
        rows.append(row)
    return pd.DataFrame(rows)


# coherence


def coherence(table: pd.DataFrame, model: GeneSetModel) -> pd.DataFrame:
    """AUROC of the score between sets, and of the probabilities between genes that belong and those that don't."""
    table = table[table["unseen"]]
    assess = Remembering.of(model)
    position = {gene: i for i, gene in enumerate(model.genes)}
    found = {}
    for column, replaced in zip(COLUMNS, REPLACED, strict=True):
        sets = [np.array([position[g] for g in q.genes if g in position]) for q in queries(table, column)]
        found[replaced] = (sets, assess.assess(sets))
        say(f"assessed sets with {replaced} of the genes replaced")
    scores = {r: np.array([-9.0 if c is None else c.score for c in each]) for r, (_, each) in found.items()}
    rows = []
    for replaced in REPLACED[:2]:
        y = np.repeat([1, 0], len(table))
        rows.append(
            (
                f"sets: {replaced} against 100 % replaced",
                len(y),
                roc_auc_score(y, np.r_[scores[replaced], scores["100 %"]]),
            )
        )
    sets, each = found["50 %"]
    truth, probability, within = [], [], []
    for (_, row), tokens, one in zip(table.iterrows(), sets, each, strict=True):
        if one is None:
            continue
        real = set(str(row["Genes"]).split())
        is_real = [model.genes[t] in real for t in tokens]
        truth += is_real
        probability += one.membership.tolist()
        if 0 < sum(is_real) < len(is_real):
            within.append(roc_auc_score(is_real, one.membership))
    rows.append(("genes of half replaced sets: belong or not", len(truth), roc_auc_score(truth, probability)))
    rows.append(("the same, mean over sets", len(within), np.mean(within)))
    rows = [(*row, np.nan) for row in rows]
    for replaced in REPLACED:
        p = [c.pvalue for c in found[replaced][1] if c is not None]
        rows.append((f"coherent (p < 0.05), {replaced} replaced", len(p), np.nan, np.mean(np.array(p) < 0.05)))
    return pd.DataFrame(rows, columns=["question", "n", "auroc", "share"])


# claims


def treated_cells(file: Path) -> Any:
    """Blood cells with and without interferon beta, with compared sets and annotated cell types."""
    adata = ad.read_h5ad(file)
    scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="cluster_id")
    design = {"condition": "group_id", "sample": "sample_id", "groupby": "cluster_id", "reference": "ctrl"}
    scgsfm.tl.compare(adata, "hallmark", min_samples=2, **design)
    return adata


def explained(table: pd.DataFrame, model: GeneSetModel, treated: Any) -> Iterator[tuple[ClaimChecker, list[Claim]]]:
    """Checkers and claims of the explanations of two data sets of blood cells and of sets."""
    libraries = {name: name for name in ("go_bp", "reactome", "hallmark", "cell_types")}
    asked = []
    for adata, groupby in ((scgsfm.datasets.pbmc(), "cell_type"), (treated, "cluster_id")):
        lists = scgsfm.enrichment.from_adata(
            adata, groupby=groupby, key="rank_genes_groups", layer=None, use_raw=None, gene_symbols=None
        )
        groups = list(lists.rankings)
        evidence = explanation.Evidence.of(adata, groupby, groups)
        top = explanation.group_queries(lists, groups, n_genes=50, max_padj=0.05, evidence=evidence)
        asked.append((Sources.of(libraries, lists.background.genes, phenotypes=True), list(top.values())))
    asked.append((Sources.of(libraries, None, phenotypes=True), queries(table, COLUMNS[1])[:40]))
    coherence_model = explanation.CoherenceModel.of(model)
    for sources, some in asked:
        retriever, options = Retriever(sources, coherence_model, Options()), Options()
        tables = ClaimTables(sources, options, model, coherence_model.calibration)
        for query in some:
            (facts,) = retriever.facts([query])
            checker = ClaimChecker(tables, query, retriever.assessed(query)[0].tolist(), facts.coherence)
            versions = explanation.versions_of(sources, query)
            yield checker, [claim for sentence in write(facts, versions) for claim in sentence.claims]


def wrong_direction(claim: Claim, checker: ClaimChecker, rng: np.random.Generator) -> Claim | None:
    opposite = {"higher in these cells": "lower in these cells", "does not fit": "fits", "fits": "does not fit"}
    opposite |= {"higher in condition": "lower in condition", "lower in condition": "higher in condition"}
    if claim.relation == "coherence":
        is_none = claim.object == "no coherent function"
        return replace(claim, object="coherent" if is_none else "no coherent function")
    return replace(claim, relation=opposite[claim.relation]) if claim.relation in opposite else None


def wrong_gene(claim: Claim, checker: ClaimChecker, rng: np.random.Generator) -> Claim | None:
    if claim.relation not in {"annotated to", "higher in these cells", "predicted to join", "does not fit"}:
        return None
    return replace(claim, subject=str(rng.choice(checker.tables.sources.background)))


def wrong_source(claim: Claim, checker: ClaimChecker, rng: np.random.Generator) -> Claim | None:
    libraries = checker.tables.sources.libraries
    if claim.source in libraries:
        return replace(claim, source=str(rng.choice([*(name for name in libraries if name != claim.source), "KEGG"])))
    return replace(claim, source="UniProt") if claim.source else None


def wrong_number(claim: Claim, checker: ClaimChecker, rng: np.random.Generator) -> Claim | None:
    if not np.isfinite(claim.value):
        return None
    if claim.statistic in {"n_hits", "n_genes", "n_sets"}:
        return replace(claim, value=claim.value + float(rng.choice([-2, -1, 1, 2])))
    changed = claim.value * float(rng.choice([0.1, 0.5, 0.8, 1.25, 2, 10]))
    # what the sentence would print differently
    least = {"probability": 0.01, "pvalue": 0.001, "logfc": 0.1, "zscore": 0.1, "median": 0.1}
    least = (least | {"standardized_effect": 0.01}).get(claim.statistic, 0)
    return None if abs(changed - claim.value) <= least else replace(claim, value=changed)


def wrong_term(claim: Claim, checker: ClaimChecker, rng: np.random.Generator) -> Claim | None:
    libraries = checker.tables.sources.libraries
    if claim.relation in OF_CONDITIONS:
        others = set(checker.query.evidence.tables["comparison"]["set"]) - {claim.subject}
        return replace(claim, subject=str(rng.choice(sorted(others))))
    if claim.relation not in ABOUT_TERMS or claim.source not in libraries:
        return None
    other = str(rng.choice(libraries[claim.source].names))
    is_true = claim.relation == "annotated to" and claim.subject in set(libraries[claim.source][other])
    return None if is_true or other == claim.object else replace(claim, object=other)


def invented_term(claim: Claim, checker: ClaimChecker, rng: np.random.Generator) -> Claim | None:
    words = ["regulation", "hyper-quantal", "flux", "coupling", "vesiculogenic", "response", "neo-pathway"]
    name = " ".join(rng.permutation(words)[:4]).title()
    if claim.relation in OF_CONDITIONS:
        return replace(claim, subject=name)
    return replace(claim, object=name) if claim.relation in ABOUT_TERMS else None


ABOUT_TERMS = {"enriched for", "shares genes with", "annotated to"}
OF_CONDITIONS = {"higher in condition", "lower in condition", "differs in condition"}
KINDS = {
    "wrong direction": wrong_direction,
    "wrong gene": wrong_gene,
    "wrong source": wrong_source,
    "wrong number": wrong_number,
    "wrong term": wrong_term,
    "invented term": invented_term,
}
"""Functions that make a false claim from a true one; ``None`` if the claim cannot be altered in this way."""


def claims(table: pd.DataFrame, model: GeneSetModel, treated: Any, n: int, seed: int) -> pd.DataFrame:
    """How many false claims are caught, and how many true claims are struck."""
    rng = np.random.default_rng(seed)
    pairs = [(checker, claim) for checker, each in explained(table, model, treated) for claim in each]
    say(f"{len(pairs)} claims")
    rows = []
    for kind, alter in KINDS.items():
        caught, verdicts = [], []
        for i in rng.permutation(len(pairs) * 3) % len(pairs):
            checker, claim = pairs[i]
            false = alter(claim, checker, rng)
            if false is None:
                continue
            verdict = checker.checked(false).verdict
            verdicts.append(verdict)
            caught.append(verdict != "supported")
            if verdict == "supported":
                say(f"not caught ({kind}): {claim} → {false}")
            if len(caught) == -(-n // len(KINDS)):
                break
        rows.append((kind, len(caught), np.mean(caught), np.mean([v == "refuted" for v in verdicts])))
    true = [checker.checked(claim) for checker, claim in (pairs[i] for i in rng.permutation(len(pairs))[:n])]
    struck = np.mean([claim.verdict != "supported" for claim in true])
    rows.append(("true", len(true), struck, np.mean([claim.verdict == "refuted" for claim in true])))
    return pd.DataFrame(rows, columns=["claims", "n", "struck", "refuted"])


def speed(model: GeneSetModel) -> pd.DataFrame:
    """Seconds for ten groups of cells: the types of blood cells, the largest in two halves."""
    adata = scgsfm.datasets.pbmc()
    labels = adata.obs["cell_type"].astype(str)
    largest = np.flatnonzero(labels == labels.value_counts().index[0])
    labels.iloc[largest[::2]] += ", second half"
    adata.obs["group"] = labels.astype("category")
    scgsfm.tl.explain(genes=["CD3D", "CD3E", "CD2", "LCK"], model=model)  # files are read once
    adata.obs["sample"] = [f"sample {i % 6}" for i in range(adata.n_obs)]
    adata.obs["half"] = ["a" if i % 6 < 3 else "b" for i in range(adata.n_obs)]
    rows = []
    for data in ("blood cells", "the same, with cell types and a comparison"):
        if rows:
            scgsfm.tl.annotate(adata, markers="pbmc_markers", groupby="group")
            scgsfm.tl.compare(adata, "hallmark", condition="half", sample="sample", groupby="group", min_cells=1)
        begun, cpu = time.perf_counter(), time.process_time()
        scgsfm.tl.explain(adata, "group", model=model)
        spent = time.perf_counter() - begun, time.process_time() - cpu
        table = adata.uns["explanations"]
        rows.append((data, adata.n_obs, table["group"].nunique(), len(table), *spent, (~table["kept"]).mean()))
    return pd.DataFrame(rows, columns=["data", "cells", "groups", "n_claims", "seconds", "cpu_seconds", "struck"])


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=1000, help="number of sets")
    options.add_argument("--claims", type=int, default=500, help="number of false and of true claims")
    options.add_argument("--only", nargs="+", default=["coherence", "naming", "claims", "speed"])
    options.add_argument("--parts", type=Path, help="directory in which several processes share the names of the sets")
    options.add_argument("--seed", type=int, default=0)
    args = options.parse_args()
    model = as_model("gsfm-base")
    table = benchmark_sets(
        data_file(args.data, "naming/hu2024_1000_selected_go_contaminated.csv"), args.rows, args.seed
    )
    if "coherence" in args.only:
        report("explanation_coherence", coherence(table, model), args.out)
    if "naming" in args.only:
        terms = GOTerms(data_file(args.data, "text/go_terms_2022-07.tsv.gz"))
        table = table[table["GO"].isin(terms.position)].reset_index(drop=True)
        if args.parts:
            names = named_in_parts(table, terms, model, args.parts)
        else:
            names = named(table, terms, retrievers(model))
        report("explanation_names", naming(names), args.out)
        say(f"the unseen sets alone:\n{naming(names[names['unseen']]).to_string()}")
        report("explanation_studied", studied(table, names), args.out)
    if "claims" in args.only:
        treated = treated_cells(data_file(args.data, "scrna/kang_ifnb_subset_1556x1267.h5ad"))
        report("explanation_claims", claims(table, model, treated, args.claims, args.seed), args.out)
    if "speed" in args.only:
        report("explanation_speed", speed(model), args.out)


if __name__ == "__main__":
    main()
