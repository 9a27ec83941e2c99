"""Fit the relation predictor and the gene ranking of gpgpt-mini.

python training/gpgpt_relations.py --data DATA     (DATA holds phenotype; default: the variable SCGSFM_DATA)

Genes with annotations are predicted out of fold, by fits of the genes of the other folds; the others by all of them. What
genes of like annotations add is calibrated with annotations that were left out.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from gene_vectors import SNAPSHOT, Case, gene_vectors, labels_of, read_cases, read_summaries

import scgsfm
from scgsfm.phenotypes import FEATURES, GeneRanker, HPOAnnotations, PhenotypePredictor, load_annotations
from scgsfm.phenotypes._predictor import WEIGHTS
from scgsfm.phenotypes.fitting._annotation_kernel import AnnotationKernel
from scgsfm.phenotypes.fitting._gene_ranking_weights import examples, fit_weights
from scgsfm.phenotypes.fitting._gene_similarity import GeneSimilarity, basis, calibrate, encode, smoother

N_FOLDS, SEED, MIN_GENES, BLOCK, N_LEFT_OUT = 5, 0, 3, 4000, 500


def encodings(
    likeness: GeneSimilarity, known: np.ndarray, labels: Any, n_genes: int, rng: np.random.Generator
) -> tuple:
    """Encodings of all genes and of the terms: known genes out of fold, others by all known ones."""
    frequency, directions = basis(labels)
    genes = np.zeros((n_genes, directions.shape[1]), np.float32)
    folds = rng.permutation(len(known)) % N_FOLDS
    for fold in range(N_FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weights = smoother(likeness, known[train], known[test])
        genes[known[test]], terms = encode(weights, labels[train], frequency, directions)
        print(f"fold {fold + 1} of {N_FOLDS}", flush=True)
    new = np.setdiff1d(np.arange(n_genes), known)
    for block in np.array_split(new, max(len(new) // BLOCK, 1)):
        genes[block], terms = encode(smoother(likeness, known, block), labels, frequency, directions)
    return genes, terms, frequency, directions


def left_out(
    alike: AnnotationKernel, own_factors: np.ndarray, term_factors: np.ndarray, direct: list, rows: np.ndarray
) -> np.ndarray:
    """Strengths of genes × terms by genes of like annotations; of annotated pairs, had the gene not had the annotation."""
    strength = own_factors[rows] @ term_factors.T
    for i, row in enumerate(rows.tolist()):
        own, values = alike.left_out(row, direct[i])
        strength[i, own] = values
    return strength


def direct_terms(index: HPOAnnotations, rows: np.ndarray, terms: np.ndarray) -> list:
    """Of each gene, the terms that its diseases are annotated with × these and their ancestors, of those modelled."""
    found = index.gene_terms(SNAPSHOT)[rows].tocsr()
    closure = index.ontology.closure[:, terms].tocsr()
    return [closure[found.indices[start:end]] for start, end in pairwise(found.indptr.tolist())]


def share_of_new(index: HPOAnnotations) -> float:
    """Of the genes that NCBI links with a phenotype, by later data, the share that no phenotype is annotated to."""
    linked = index.links[[index.kinds[kind] == ("mim2gene", "phenotype") for kind in index.links[:, 2].tolist()], 0]
    annotated = GeneRanker(index, np.zeros(len(FEATURES))).genes
    return float(1 - np.isin(np.unique(linked), annotated).mean())


def fit_scale(relations: PhenotypePredictor, ranker: GeneRanker, cases: list[Case]) -> float:
    """How sharply to tell genes without annotation apart: the likeliest scale, were the genes of the cases such."""
    inside = {ranker.known.genes[row] for row in ranker.genes.tolist()}
    others = [gene for gene in relations.genes if gene not in inside]
    grid = np.arange(0.05, 2.0, 0.05)
    loss, counts = np.zeros(len(grid)), Counter(case.gene for case in cases)
    for case in cases[::5]:
        fit = relations.fit([case.gene, *others], case.present)
        scaled = np.outer(grid, fit)
        loss += (np.logaddexp.reduce(scaled, axis=1) - scaled[:, 0]) / counts[case.gene] ** 0.5
    return float(grid[loss.argmin()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    folder = Path(args.data or parser.error("give --data or set SCGSFM_DATA")) / "phenotype"
    index, rng = load_annotations(), np.random.default_rng(SEED)
    genes = sorted({*index.genes, *scgsfm.models.load("gsfm-base").genes[2:]})
    likeness = GeneSimilarity(gene_vectors(genes, read_summaries(folder)))
    labels = labels_of(index, index.genes)
    annotated = np.flatnonzero(np.diff(labels.indptr))
    labels = labels[annotated]
    terms = np.flatnonzero(np.asarray(labels.sum(axis=0)).ravel() >= MIN_GENES)
    labels = labels[:, terms]
    place = {gene: row for row, gene in enumerate(genes)}
    known = np.array([place[index.genes[row]] for row in annotated])
    gene_factors, term_factors, frequency, directions = encodings(likeness, known, labels, len(genes), rng)
    blend, knots = calibrate([gene_factors[known] @ term_factors.T], frequency, labels.toarray() > 0, rng)
    alike = AnnotationKernel(labels, index.gene_diseases(SNAPSHOT)[annotated], frequency, directions)
    own_factors = alike.encode()
    some = np.sort(rng.permutation(len(known))[:N_LEFT_OUT])
    own = left_out(alike, own_factors, term_factors, direct_terms(index, annotated[some], terms), some)
    strengths = [gene_factors[known[some]] @ term_factors.T, own]
    own_curve = calibrate(strengths, frequency, labels[some].toarray() > 0, rng)

    weights = fit_ranking(index, read_cases(folder, index), rng)
    parts = (genes, index.ontology.numbers[terms], gene_factors, term_factors, frequency, blend, knots)
    parts += (known, own_factors, *own_curve, weights)
    share = share_of_new(index)
    relations = PhenotypePredictor(*parts, np.log([1.0, share]), index)
    scale = fit_scale(relations, GeneRanker(index, weights, sources=SNAPSHOT), read_cases(folder, index))
    write(args.out, replace(relations, unannotated=np.log([scale, share])))
    told = {"genes": len(genes), "annotated": len(known), "terms": len(terms), "scale": scale, "share": share}
    print(json.dumps(told | dict(zip(FEATURES, weights.round(3).tolist(), strict=True))))
    print(f"{args.out.name}: {args.out.stat().st_size:,} bytes")


def fit_ranking(index: HPOAnnotations, cases: list[Case], rng: np.random.Generator) -> np.ndarray:
    """Weights of the ranker; a gene counts by the root of the number of its cases."""
    ranker = GeneRanker(index, np.zeros(len(FEATURES)), sources=SNAPSHOT)
    counts = Counter(case.gene for case in cases)
    share = np.array([counts[case.gene] ** -0.5 for case in cases])
    return fit_weights(examples(ranker, [(index.gene(c.gene), c.present, c.absent) for c in cases], rng), share)


def write(path: Path, relations: PhenotypePredictor) -> None:
    """Factors as int8 with a scale for each row."""
    import safetensors.numpy

    stored = {
        "genes": np.frombuffer("\n".join(relations.genes).encode(), np.uint8).copy(),
        "terms": relations.terms.astype(np.int32),
        "annotated": relations.annotated.astype(np.int32),
        "ranker": relations.weights.astype(np.float32),
    }
    for name in ("frequency", "blend", "knots", "own_blend", "own_knots", "unannotated"):
        stored[name] = getattr(relations, name).astype(np.float32)
    for name in ("gene", "term", "own"):
        factors = getattr(relations, f"{name}_factors")
        largest = np.abs(factors).max(axis=1, keepdims=True)
        scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
        stored |= {f"{name}_factors": np.rint(factors / scale).astype(np.int8, order="C"), f"{name}_scale": scale}
    path.write_bytes(safetensors.numpy.save(stored))


if __name__ == "__main__":
    main()
