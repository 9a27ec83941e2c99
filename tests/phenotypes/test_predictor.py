"""The embedded predictor, and the regression behind it against closed forms."""

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import mannwhitneyu

from scgsfm.phenotypes import load_annotations, load_predictor
from scgsfm.phenotypes._predictor import calibrated, parts, raw_log_odds
from scgsfm.phenotypes.fitting._gene_similarity import (
    GeneSimilarity,
    basis,
    calibrate,
    encode,
    nearest,
    ridge,
    stripped,
    unit,
)


def test_pairs_and_matrices_agree() -> None:
    model, rng = load_predictor(), np.random.default_rng(0)
    genes = rng.choice(model.genes, 50)
    terms = rng.choice(np.flatnonzero(load_annotations().ontology.is_phenotype), 50)
    columns, rows = model.column[terms], model.rows(genes)
    whole = model.calibrated(model.strength(rows, columns), model.frequency[columns])
    other = np.flatnonzero(~np.isin(rows, model.annotated))
    found = model.probability(genes, terms)
    np.testing.assert_allclose(found[other], np.diag(whole)[other], rtol=1e-4)
    assert len(other) > 20
    assert ((found > 0) & (found < 1)).all()


def test_annotations_of_a_gene_tell_of_what_is_not_annotated() -> None:
    """By both encodings where the pair isn't annotated; a pair that is annotated never tells of itself."""
    model, known = load_predictor(), load_annotations()
    gene, new, old = "FBN1", known.ontology.term("Seizure"), known.ontology.term("Ectopia lentis")
    while known.evidence(gene, new):
        new += 1
    row = model.rows([gene])
    place = np.flatnonzero(model.annotated == row[0])
    for term, annotated in ((new, False), (old, True)):
        column = model.column[[term]]
        strength = model.strength(row, column)[0]
        if annotated:
            expected = model.calibrated(strength, model.frequency[column])
        else:
            own = model.own_factors[place] @ model.term_factors[column[0]]
            expected = calibrated(
                raw_log_odds(model.frequency[column], model.own_blend, strength, own), model.own_knots
            )
        np.testing.assert_allclose(model.probability([gene], [term]), expected, rtol=1e-4)


def test_rare_terms_below_what_is_annotated_are_predicted_from_other_genes() -> None:
    """The ancestor that stands for them is annotated, and would tell of itself."""
    model, known = load_predictor(), load_annotations()
    gene = known.gene("FBN1")
    has = known.gene_phenotypes[[gene]].toarray().ravel()
    modelled = {known.ontology.row(number) for number in model.terms.tolist()}
    own = np.array([known.ontology.row(number) for number in model.terms.tolist()])
    rare = next(
        t for t in np.flatnonzero(known.ontology.is_phenotype & ~has).tolist()
        if t not in modelled and model.column[t] >= 0 and has[own[model.column[t]]]
    )  # fmt: skip
    column = model.column[[rare]]
    expected = model.calibrated(model.strength(model.rows(["FBN1"]), column)[0], model.frequency[column])
    np.testing.assert_allclose(model.probability(["FBN1"], [rare]), expected, rtol=1e-4)


def test_unknown_genes_have_the_frequency_and_other_terms_nothing() -> None:
    model, ontology = load_predictor(), load_annotations().ontology
    seizure = ontology.term("Seizure")
    column = model.column[seizure]
    common = model.calibrated(np.zeros(1), model.frequency[[column]])
    np.testing.assert_allclose(model.probability(["no gene"], [seizure]), common)
    assert np.isnan(model.probability(["SCN1A"], [ontology.term("HP:0000006")])).all()


def test_rare_terms_take_the_place_of_their_rarest_modelled_ancestor() -> None:
    model, ontology = load_predictor(), load_annotations().ontology
    own = {ontology.row(number): i for i, number in enumerate(model.terms.tolist())}
    rare = [row for row in np.flatnonzero(ontology.is_phenotype).tolist() if row not in own][:20]
    for row in rare:
        above = [own[a] for a in ontology.ancestors(row).tolist() if a in own]
        assert model.frequency[model.column[row]] == min(model.frequency[above])


def test_calibration_is_monotonous() -> None:
    for before, after in (load_predictor().knots, load_predictor().own_knots):
        assert (np.diff(before) > 0).all()
        assert (np.diff(after) >= 0).all()


def test_predictions_tell_annotated_pairs_from_others() -> None:
    model, known, rng = load_predictor(), load_annotations(), np.random.default_rng(0)
    genes = rng.choice(len(known.genes), 1500, replace=False)
    names = [known.genes[gene] for gene in genes]
    for name in ("Seizure", "Hearing impairment", "Cataract", "Anemia"):
        term = known.ontology.term(name)
        truth = known.gene_phenotypes[genes][:, [term]].toarray().ravel()
        chance = model.probability(names, np.full(len(names), term))
        assert mannwhitneyu(chance[truth], chance[~truth]).statistic / (truth.sum() * (~truth).sum()) > 0.62


def test_smoother_is_ridge_regression_and_neighbours() -> None:
    rng = np.random.default_rng(0)
    sets = sparse.random_array((60, 30), density=0.2, rng=rng, format="csr", dtype=np.float32)
    vectors = {"embedding": unit(rng.normal(size=(60, 8)).astype(np.float32)), "sets": sets}
    train, new, dense = np.arange(40), np.arange(40, 60), sets.toarray()
    cosine = vectors["embedding"] @ vectors["embedding"].T
    kernel = 2 * np.exp((cosine - 1) / 0.5) + 0.5 * dense @ dense.T
    likeness = GeneSimilarity(vectors)
    own, cross = (likeness.kernel(train, to, {"embedding": 2.0, "sets": 0.5}) for to in (train, new))
    np.testing.assert_allclose(own, kernel[:40, :40], rtol=1e-4)
    expected = kernel[40:, :40] @ np.linalg.inv(kernel[:40, :40] + 3 * np.eye(40))
    np.testing.assert_allclose(ridge(own, cross, 3.0), expected, atol=1e-4)
    two = nearest(np.array([[0.1, 0.5, -1.0, 0.4]]), 2)
    np.testing.assert_allclose(two, [[0, 0.5 / 1.9, 0, 0.4 / 1.9]])


def test_encodings_of_full_rank_are_the_smoothed_labels() -> None:
    rng = np.random.default_rng(0)
    labels = sparse.csr_array((rng.random((40, 12)) < 0.3).astype(np.float32))
    weights, dense = rng.random((20, 40)).astype(np.float32), labels.toarray()
    frequency, directions = basis(labels, rank=11)
    genes, terms = encode(weights, labels, frequency, directions)
    np.testing.assert_allclose(frequency, dense.mean(axis=0), atol=1e-6)
    exact = weights @ (dense - frequency) / np.sqrt(frequency + 1 / 40)
    assert np.corrcoef((genes @ terms.T).ravel(), exact.ravel())[0, 1] > 0.98


def test_calibration_finds_the_shares() -> None:
    """Labels are drawn with known log odds, of which strength and frequency are parts."""
    rng = np.random.default_rng(0)
    frequency = rng.uniform(0.02, 0.3, 60)
    strength = rng.normal(size=(500, 60)) * 0.3
    odds, z, _ = parts(frequency, strength)
    chance = 1 / (1 + np.exp(-(0.8 * odds + 1.5 * z - 0.5)))
    blend, knots = calibrate([strength], frequency, rng.random(chance.shape) < chance, rng)
    told = calibrated(raw_log_odds(frequency, blend, strength), knots)
    for low, high in ((0.05, 0.1), (0.1, 0.2), (0.2, 0.4)):
        at = (told > low) & (told < high)
        assert told[at].mean() == pytest.approx(chance[at].mean(), rel=0.1)
    assert np.corrcoef(told.ravel(), chance.ravel())[0, 1] > 0.97


def test_sentences_of_diseases_are_left_out() -> None:
    text = "This gene encodes a channel. Mutations in it cause epilepsy. It is found in neurons."
    assert stripped(text) == "This gene encodes a channel. It is found in neurons."
