"""The phenotype predictor, and the regression that fits it against closed forms."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import mannwhitneyu

from scgsfm.phenotypes import PREDICTOR_FILE, load_annotations, load_predictor, read_predictor
from scgsfm.phenotypes.fitting import (
    GeneSimilarity,
    centered_unit_rows,
    encode,
    fit_calibration,
    isotonic_probability,
    label_basis,
    log_odds_terms,
    neighbor_weights,
    raw_log_odds,
    ridge_weights,
    without_disease_sentences,
)


def test_pairs_and_matrices_agree() -> None:
    model, rng = load_predictor(), np.random.default_rng(0)
    genes = rng.choice(model.genes, 50)
    terms = rng.choice(np.flatnonzero(load_annotations().ontology.is_phenotype), 50)
    columns, rows = model.column[terms], model.rows(genes)
    whole = model.calibrate(model.strength(rows, columns), model.frequency[columns])
    other = np.flatnonzero(~np.isin(rows, model.annotated_rows))
    found = model.probability(genes, terms)
    np.testing.assert_allclose(found[other], np.diag(whole)[other], rtol=1e-4)
    assert len(other) > 20
    assert ((found > 0) & (found < 1)).all()


def test_annotations_of_a_gene_predict_its_other_phenotypes() -> None:
    """Both factors predict pairs that are not annotated; an annotated pair never predicts itself."""
    model, hpo = load_predictor(), load_annotations()
    gene, new, old = "FBN1", hpo.ontology.term("Seizure"), hpo.ontology.term("Ectopia lentis")
    while hpo.evidence(gene, new):
        new += 1
    row = model.rows([gene])
    place = np.flatnonzero(model.annotated_rows == row[0])
    for term, annotated in ((new, False), (old, True)):
        column = model.column[[term]]
        strength = model.strength(row, column)[0]
        if annotated:
            expected = model.calibrate(strength, model.frequency[column])
        else:
            own = model.annotated_factors[place] @ model.term_factors[column[0]]
            expected = isotonic_probability(
                raw_log_odds(model.frequency[column], model.annotated_coefficients, strength, own),
                model.annotated_knots,
            )
        np.testing.assert_allclose(model.probability([gene], [term]), expected, rtol=1e-4)


def test_rare_descendants_of_annotated_terms_are_predicted_from_other_genes() -> None:
    """The ancestor that represents them is annotated and would predict itself."""
    model, hpo = load_predictor(), load_annotations()
    gene = hpo.gene("FBN1")
    has = hpo.gene_phenotypes[[gene]].toarray().ravel()
    modelled = {hpo.ontology.row(number) for number in model.terms.tolist()}
    own = np.array([hpo.ontology.row(number) for number in model.terms.tolist()])
    rare = next(
        t for t in np.flatnonzero(hpo.ontology.is_phenotype & ~has).tolist()
        if t not in modelled and model.column[t] >= 0 and has[own[model.column[t]]]
    )  # fmt: skip
    column = model.column[[rare]]
    expected = model.calibrate(model.strength(model.rows(["FBN1"]), column)[0], model.frequency[column])
    np.testing.assert_allclose(model.probability(["FBN1"], [rare]), expected, rtol=1e-4)


def test_unknown_genes_get_the_frequency_and_other_terms_nan() -> None:
    model, ontology = load_predictor(), load_annotations().ontology
    seizure = ontology.term("Seizure")
    column = model.column[seizure]
    common = model.calibrate(np.zeros(1), model.frequency[[column]])
    np.testing.assert_allclose(model.probability(["no gene"], [seizure]), common)
    assert np.isnan(model.probability(["SCN1A"], [ontology.term("HP:0000006")])).all()


def test_rare_terms_are_represented_by_their_rarest_modeled_ancestor() -> None:
    model, ontology = load_predictor(), load_annotations().ontology
    own = {ontology.row(number): i for i, number in enumerate(model.terms.tolist())}
    rare = [row for row in np.flatnonzero(ontology.is_phenotype).tolist() if row not in own][:20]
    for row in rare:
        above = [own[a] for a in ontology.ancestors(row).tolist() if a in own]
        assert model.frequency[model.column[row]] == min(model.frequency[above])


def test_calibration_is_monotonic() -> None:
    for before, after in (load_predictor().knots, load_predictor().annotated_knots):
        assert (np.diff(before) > 0).all()
        assert (np.diff(after) >= 0).all()


def test_predictions_separate_annotated_pairs_from_others() -> None:
    model, hpo, rng = load_predictor(), load_annotations(), np.random.default_rng(0)
    genes = rng.choice(len(hpo.genes), 1500, replace=False)
    names = [hpo.genes[gene] for gene in genes]
    for name in ("Seizure", "Hearing impairment", "Cataract", "Anemia"):
        term = hpo.ontology.term(name)
        truth = hpo.gene_phenotypes[genes][:, [term]].toarray().ravel()
        chance = model.probability(names, np.full(len(names), term))
        assert mannwhitneyu(chance[truth], chance[~truth]).statistic / (truth.sum() * (~truth).sum()) > 0.62


def test_ridge_regression_and_neighbor_weights() -> None:
    rng = np.random.default_rng(0)
    sets = sparse.random_array((60, 30), density=0.2, rng=rng, format="csr", dtype=np.float32)
    vectors = {"embedding": centered_unit_rows(rng.normal(size=(60, 8)).astype(np.float32)), "sets": sets}
    train, new, dense = np.arange(40), np.arange(40, 60), sets.toarray()
    cosine = vectors["embedding"] @ vectors["embedding"].T
    kernel = 2 * np.exp((cosine - 1) / 0.5) + 0.5 * dense @ dense.T
    similarity = GeneSimilarity(vectors)
    own, cross = (similarity.kernel(train, to, {"embedding": 2.0, "sets": 0.5}) for to in (train, new))
    np.testing.assert_allclose(own, kernel[:40, :40], rtol=1e-4)
    expected = kernel[40:, :40] @ np.linalg.inv(kernel[:40, :40] + 3 * np.eye(40))
    np.testing.assert_allclose(ridge_weights(own, cross, 3.0), expected, atol=1e-4)
    two = neighbor_weights(np.array([[0.1, 0.5, -1.0, 0.4]]), 2)
    np.testing.assert_allclose(two, [[0, 0.5 / 1.9, 0, 0.4 / 1.9]])


def test_factors_of_full_rank_are_the_smoothed_labels() -> None:
    rng = np.random.default_rng(0)
    labels = sparse.csr_array((rng.random((40, 12)) < 0.3).astype(np.float32))
    weights, dense = rng.random((20, 40)).astype(np.float32), labels.toarray()
    frequency, directions = label_basis(labels, rank=11)
    genes, terms = encode(weights, labels, frequency, directions)
    np.testing.assert_allclose(frequency, dense.mean(axis=0), atol=1e-6)
    exact = weights @ (dense - frequency) / np.sqrt(frequency + 1 / 40)
    assert np.corrcoef((genes @ terms.T).ravel(), exact.ravel())[0, 1] > 0.98


def test_calibration_recovers_the_probabilities() -> None:
    """Labels are drawn with hpo log odds, of which strength and frequency are parts."""
    rng = np.random.default_rng(0)
    frequency = rng.uniform(0.02, 0.3, 60)
    strength = rng.normal(size=(500, 60)) * 0.3
    odds, z, _ = log_odds_terms(frequency, strength)
    chance = 1 / (1 + np.exp(-(0.8 * odds + 1.5 * z - 0.5)))
    coefficients, knots = fit_calibration([strength], frequency, rng.random(chance.shape) < chance, rng)
    predicted = isotonic_probability(raw_log_odds(frequency, coefficients, strength), knots)
    for low, high in ((0.05, 0.1), (0.1, 0.2), (0.2, 0.4)):
        at = (predicted > low) & (predicted < high)
        assert predicted[at].mean() == pytest.approx(chance[at].mean(), rel=0.1)
    assert np.corrcoef(predicted.ravel(), chance.ravel())[0, 1] > 0.97


def test_sentences_that_mention_diseases_are_dropped() -> None:
    text = "This gene encodes a channel. Mutations in it cause epilepsy. It is found in neurons."
    assert without_disease_sentences(text) == "This gene encodes a channel. It is found in neurons."


def test_the_source_is_the_name_in_the_model_card(tmp_path: Path) -> None:
    shutil.copy(PREDICTOR_FILE, tmp_path)
    assert read_predictor(tmp_path / PREDICTOR_FILE.name).source == tmp_path.name
    (tmp_path / "card.json").write_text('{"name": "another model"}')
    assert read_predictor(tmp_path / PREDICTOR_FILE.name).source == "another model"
    assert load_predictor().source == "gpgpt-mini"
