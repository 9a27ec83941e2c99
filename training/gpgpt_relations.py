"""Fit the phenotype predictor and the gene prioritization of gpgpt-mini.

python training/gpgpt_relations.py --data DATA     (DATA holds phenotype; default: the variable SCGSFM_DATA)

``--only-ranking`` refits the gene prioritization alone. The seed is 0.

Annotated genes are predicted out of fold, by fits on the genes of the other folds. Other genes are predicted from all
annotated ones. The second factors, from genes with similar annotations, are calibrated on annotations that were left out.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from build_phenotypes import contents_of_today, without
from gene_vectors import Case, gene_vectors, known_genes, labels_of, link_sources, read_cases, read_summaries

from scgsfm.phenotypes import (
    ANNOTATIONS_FILE,
    PREDICTOR_FILE,
    RANKING_FEATURES,
    GeneRanker,
    HPOAnnotations,
    IndexContents,
    PhenotypePredictor,
    pack_index,
    read_annotations,
    read_predictor,
    write_index,
)
from scgsfm.phenotypes.fitting import (
    AnnotationKernel,
    GeneSimilarity,
    encode,
    fit_calibration,
    fit_ranking_weights,
    label_basis,
    ranking_examples,
    smoothing_weights,
)

if TYPE_CHECKING:
    from scipy import sparse

N_FOLDS, SEED, MIN_GENES, BLOCK, N_LEFT_OUT = 5, 0, 3, 4000, 500


def fit_factors(
    similarity: GeneSimilarity, annotated: np.ndarray, labels: sparse.csr_array, n_genes: int, rng: np.random.Generator
) -> tuple:
    """Factors of all genes and of the terms: annotated genes out of fold, other genes from all annotated ones."""
    frequency, directions = label_basis(labels)
    genes = np.zeros((n_genes, directions.shape[1]), np.float32)
    folds = rng.permutation(len(annotated)) % N_FOLDS
    for fold in range(N_FOLDS):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weights = smoothing_weights(similarity, annotated[train], annotated[test])
        genes[annotated[test]], terms = encode(weights, labels[train], frequency, directions)
        print(f"fold {fold + 1} of {N_FOLDS}", flush=True)
    new = np.setdiff1d(np.arange(n_genes), annotated)
    for block in np.array_split(new, max(len(new) // BLOCK, 1)):
        weights = smoothing_weights(similarity, annotated, block)
        genes[block], terms = encode(weights, labels, frequency, directions)
    return genes, terms, frequency, directions


def left_out_strengths(
    kernel: AnnotationKernel, annotated_factors: np.ndarray, term_factors: np.ndarray, direct: list, rows: np.ndarray
) -> np.ndarray:
    """Strengths by the second factors, genes × terms; an annotated pair is predicted without its annotation."""
    strength = annotated_factors[rows] @ term_factors.T
    for i, row in enumerate(rows.tolist()):
        terms, values = kernel.left_out(row, direct[i])
        strength[i, terms] = values
    return strength


def direct_terms(hpo: HPOAnnotations, rows: np.ndarray, terms: np.ndarray) -> list:
    """For each gene, its directly annotated terms × these terms and their ancestors, among the modeled terms."""
    annotated = hpo.gene_terms(link_sources(hpo))[rows].tocsr()
    closure = hpo.ontology.closure[:, terms].tocsr()
    return [closure[annotated.indices[start:end]] for start, end in pairwise(annotated.indptr.tolist())]


def share_of_new(hpo: HPOAnnotations) -> float:
    """Fraction of the genes in the later links of NCBI that have no annotation."""
    linked = hpo.links[[hpo.kinds[kind] == ("mim2gene", "phenotype") for kind in hpo.links[:, 2].tolist()], 0]
    annotated = GeneRanker(hpo, np.zeros(len(RANKING_FEATURES))).genes
    return float(1 - np.isin(np.unique(linked), annotated).mean())


def fit_scale(predictor: PhenotypePredictor, ranker: GeneRanker, cases: list[Case]) -> float:
    """Maximum likelihood estimate of the scale of the log likelihood ratios of genes without annotations."""
    annotated = {ranker.hpo.genes[row] for row in ranker.genes.tolist()}
    rest = [gene for gene in predictor.genes if gene not in annotated]
    grid = np.arange(0.05, 2.0, 0.05)
    factors = predictor.gene_factors[predictor.rows(rest)]
    loss, counts, known = np.zeros(len(grid)), Counter(case.gene for case in cases), set(predictor.genes)
    for case in [case for case in cases if case.gene in known][::5]:
        columns = predictor.column[case.present]
        frequency = predictor.frequency[columns]
        probability = predictor.calibrate(factors @ predictor.term_factors[columns].T, frequency)
        ratio = np.log(probability / predictor.calibrate(np.zeros(len(columns)), frequency)).sum(axis=1)
        scaled = np.outer(grid, np.append(predictor.log_likelihood_ratio([case.gene], case.present), ratio))
        top = scaled.max(axis=1)
        loss += (np.log(np.exp(scaled - top[:, None]).sum(axis=1)) + top - scaled[:, 0]) / counts[case.gene] ** 0.5
    return float(grid[loss.argmin()])


def fit_predictor(
    hpo: HPOAnnotations, genes: list[str], similarity: GeneSimilarity, rng: np.random.Generator
) -> PhenotypePredictor:
    """The predictor for these genes, without weights of the ranking."""
    labels = labels_of(hpo, hpo.genes)
    annotated = np.flatnonzero(np.diff(labels.indptr))
    labels = labels[annotated]
    terms = np.flatnonzero(np.asarray(labels.sum(axis=0)).ravel() >= MIN_GENES)
    labels = labels[:, terms]
    row_of = {gene: row for row, gene in enumerate(genes)}
    rows = np.array([row_of[hpo.genes[row]] for row in annotated])
    gene_factors, term_factors, frequency, directions = fit_factors(similarity, rows, labels, len(genes), rng)
    coefficients, knots = fit_calibration([gene_factors[rows] @ term_factors.T], frequency, labels.toarray() > 0, rng)
    print("calibration", flush=True)
    kernel = AnnotationKernel(labels, hpo.gene_diseases(link_sources(hpo))[annotated], frequency, directions)
    annotated_factors = kernel.encode()
    some = np.sort(rng.permutation(len(rows))[:N_LEFT_OUT])
    direct = direct_terms(hpo, annotated[some], terms)
    second = left_out_strengths(kernel, annotated_factors, term_factors, direct, some)
    print("annotations left out", flush=True)
    strengths = [gene_factors[rows[some]] @ term_factors.T, second]
    annotated_coefficients, annotated_knots = fit_calibration(strengths, frequency, labels[some].toarray() > 0, rng)
    return PhenotypePredictor(
        genes=genes,
        terms=hpo.ontology.numbers[terms],
        gene_factors=gene_factors,
        term_factors=term_factors,
        frequency=frequency,
        coefficients=coefficients,
        knots=knots,
        annotated_rows=rows,
        annotated_factors=annotated_factors,
        annotated_coefficients=annotated_coefficients,
        annotated_knots=annotated_knots,
        ranking_weights=np.zeros(len(RANKING_FEATURES)),
        unannotated=np.zeros(2),
        hpo=hpo,
    )


def with_ranking(predictor: PhenotypePredictor, folder: Path, rng: np.random.Generator) -> PhenotypePredictor:
    """The predictor with the weights of gene prioritization.

    Curators read the publications of the cases: annotations that cite them, and those without a reference, are left out. So
    are the patients who may be among those of the gene-ranking shootout.
    """
    hpo = independent_annotations(folder, {case.reference for case in read_cases(folder, predictor.hpo)})
    ranker = GeneRanker(hpo, np.zeros(len(RANKING_FEATURES)))
    known = {hpo.genes[row] for row in ranker.genes.tolist()}
    cases = [case for case in read_cases(folder, hpo, without_shootout=True) if case.gene in known]
    print(f"{len(cases):,} cases of {len({case.gene for case in cases})} genes", flush=True)
    weights, share = fit_ranking(ranker, cases, rng), share_of_new(predictor.hpo)
    half = replace(predictor, ranking_weights=weights, unannotated=np.log([1.0, share]))
    scale = fit_scale(
        half, GeneRanker(predictor.hpo, weights), read_cases(folder, predictor.hpo, without_shootout=True)
    )
    return replace(half, unannotated=np.log([scale, share]))


def independent_annotations(folder: Path, references: set[str]) -> HPOAnnotations:
    """The annotations of today without what may have been read in some publications."""
    return as_annotations(without(contents_of_today(folder), references))


def as_annotations(contents: IndexContents) -> HPOAnnotations:
    """Annotations of an index that is not kept."""
    packed = pack_index(contents)
    with tempfile.TemporaryDirectory() as temporary:
        write_index(Path(temporary) / "index.npz", packed.arrays)
        return read_annotations(Path(temporary) / "index.npz")


def fit_ranking(ranker: GeneRanker, cases: list[Case], rng: np.random.Generator) -> np.ndarray:
    """Weights of gene prioritization; a gene counts by the square root of its number of cases.

    Cases count with all of their terms. If every other case had 1 to 6 random ones, cases of other genes would have a
    higher likelihood if their lists are short, but fewer causal diseases among the first ten: -0.011 [-0.021, -0.003] with
    all terms, -0.004 [-0.014, 0.003] with few (2,388 cases, mean over genes, five folds, 95 % intervals).
    """
    counts = Counter(case.gene for case in cases)
    case_weight = np.array([counts[case.gene] ** -0.5 for case in cases])
    data = ranking_examples(ranker, [(ranker.hpo.gene(c.gene), c.present, c.absent) for c in cases], rng)
    return fit_ranking_weights(data, case_weight)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=os.environ.get("SCGSFM_DATA"))
    parser.add_argument("--out", type=Path, default=PREDICTOR_FILE)
    parser.add_argument("--only-ranking", action="store_true", help="keep the predictor, and refit gene prioritization")
    args = parser.parse_args()
    folder = Path(args.data or parser.error("give --data or set SCGSFM_DATA")) / "phenotype"
    hpo, rng = read_annotations(ANNOTATIONS_FILE), np.random.default_rng(SEED)
    if args.only_ranking:
        predictor = replace(read_predictor(args.out), hpo=hpo)
    else:
        genes = known_genes(hpo)
        similarity = GeneSimilarity(gene_vectors(genes, read_summaries(folder)))
        predictor = fit_predictor(hpo, genes, similarity, rng)
        write(args.out, predictor)
    predictor = with_ranking(predictor, folder, np.random.default_rng(SEED))
    write(args.out, predictor)
    scale, share = np.exp(predictor.unannotated).tolist()
    summary = {"genes": len(predictor.genes), "annotated": len(predictor.annotated_rows), "terms": len(predictor.terms)}
    weights = dict(zip(RANKING_FEATURES, predictor.ranking_weights.round(3).tolist(), strict=True))
    print(json.dumps(summary | {"scale": scale, "share": share} | weights))
    print(f"{args.out.name}: {args.out.stat().st_size:,} bytes")


def write(path: Path, predictor: PhenotypePredictor) -> None:
    """Write the predictor; factors are stored as int8 with a scale for each row."""
    import safetensors.numpy

    stored = {
        "genes": np.frombuffer("\n".join(predictor.genes).encode(), np.uint8).copy(),
        "terms": predictor.terms.astype(np.int32),
        "annotated": predictor.annotated_rows.astype(np.int32),
        "ranker": predictor.ranking_weights.astype(np.float32),
        "frequency": predictor.frequency.astype(np.float32),
        "blend": predictor.coefficients.astype(np.float32),
        "knots": predictor.knots.astype(np.float32),
        "own_blend": predictor.annotated_coefficients.astype(np.float32),
        "own_knots": predictor.annotated_knots.astype(np.float32),
        "unannotated": predictor.unannotated.astype(np.float32),
    }
    for name, factors in (
        ("gene", predictor.gene_factors), ("term", predictor.term_factors), ("own", predictor.annotated_factors)
    ):  # fmt: skip
        largest = np.abs(factors).max(axis=1, keepdims=True)
        scale = np.where(largest > 0, largest / 127, 1).astype(np.float32)
        stored |= {f"{name}_factors": np.rint(factors / scale).astype(np.int8, order="C"), f"{name}_scale": scale}
    path.write_bytes(safetensors.numpy.save(stored))


if __name__ == "__main__":
    main()
