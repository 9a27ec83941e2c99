"""A loaded model: names and matrices in, arrays out."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scipy import sparse

import scgsfm
from scgsfm.models.gsfm import GSFM, build_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

GENES = ["<unk>", "<pad>", *(f"G{i}" for i in range(40))]
V, D = len(GENES), 6
SETS = [["G1", "G5", "G9"], ["G0"], ["G39", "G3"], ["G7", "G8", "G2", "G1"], []]


@pytest.fixture(params=["DAE", "VAE", "EDAE", "EPDAE", "mEDAE"])
def any_model(request: pytest.FixtureRequest) -> GSFM:
    return model_of(request.param)


@pytest.fixture
def model() -> GSFM:
    return model_of("DAE")


def model_of(variant: str, **options: Any) -> GSFM:
    torch.manual_seed(1)
    module = build_module({"vocab_size": V, "d_model": D, "depth": 2, "dropout": 0.5, "variant": variant})
    return GSFM(module, GENES, **options)


def matrix(sets: list[list[str]]) -> np.ndarray:
    x = np.zeros((len(sets), V), np.float32)
    for row, genes in enumerate(sets):
        x[row, [GENES.index(gene) for gene in genes]] = 1
    return x


def test_about(model: GSFM) -> None:
    assert model.genes == GENES
    assert model.dim == D
    assert repr(model) == "GSFM 'gsfm': DAE, 40 genes, 6 dimensions, on cpu"
    assert model_of("VAE").dim == 128
    assert model_of("EPDAE").dim == 2 * D


def test_tokens(model: GSFM) -> None:
    tokens = model.tokens(["G0", "elsewhere", "<pad>", "G39", "g0"])
    assert tokens.dtype == np.int64
    assert tokens.tolist() == [2, 0, 1, 41, 0]


def test_shapes(any_model: GSFM) -> None:
    logits, latent = any_model.logits(SETS), any_model.encode(SETS)
    assert logits.dtype == latent.dtype == np.float32
    assert logits.shape == (5, V)
    assert latent.shape == (5, any_model.dim)
    np.testing.assert_allclose(any_model.decode(latent), logits, atol=1e-6)


def test_evaluation_mode(any_model: GSFM) -> None:
    """The module does not drop out or sample."""
    np.testing.assert_array_equal(any_model.logits(SETS), any_model.logits(SETS))


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
def test_sparse_input(any_model: GSFM, kind: type[Any]) -> None:
    found = any_model.logits(kind(matrix(SETS)))
    np.testing.assert_allclose(found, any_model.logits(SETS), atol=1e-6)


def test_sparse_input_with_duplicates_zeros_and_any_order(any_model: GSFM) -> None:
    rows = sparse.csr_array((np.array([1.0, 0.5, 0.0, 0.5]), np.array([9, 2, 4, 2]), np.array([0, 4])), shape=(1, V))
    before = rows.copy()
    found = any_model.logits(rows)
    x = np.zeros((1, V))
    x[0, [2, 9]] = 1
    np.testing.assert_allclose(found, any_model.logits(sparse.csr_array(x)), atol=1e-6)
    np.testing.assert_array_equal(rows.data, before.data)


def test_weights(model: GSFM) -> None:
    """Soft membership is linear in the first layer: half the weights, half the way from its bias."""
    first = model.module.first_layer
    parts = torch.tensor([0, 2]), torch.tensor([4, 7])
    with torch.no_grad():
        bias, whole = model.module.first.bias, first(*parts, torch.ones(2))
        np.testing.assert_allclose(first(*parts, torch.full((2,), 0.5)), (whole + bias) / 2, atol=1e-6)
    assert np.abs(model.logits(sparse.csr_array(0.5 * matrix(SETS))) - model.logits(SETS)).max() > 1e-3


def test_results_do_not_depend_on_batches(any_model: GSFM) -> None:
    whole = any_model.logits(SETS)
    for batch_size in (1, 2, 5):
        np.testing.assert_allclose(any_model.logits(SETS, batch_size=batch_size), whole, atol=1e-6)


def test_results_do_not_depend_on_order_and_repeats(any_model: GSFM) -> None:
    once = any_model.logits([["G1", "G2", "G3"]])
    np.testing.assert_allclose(any_model.logits([["G3", "G1", "G2", "G1", "G1"]]), once, atol=1e-6)


def test_unknown_genes_share_one_column(any_model: GSFM) -> None:
    one, two = any_model.logits([["G1", "elsewhere"]]), any_model.logits([["G1", "elsewhere", "nowhere"]])
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - any_model.logits([["G1"]])).max() > 1e-4


def test_pad_has_no_effect(any_model: GSFM) -> None:
    # kernels of torch may add in another order from call to call
    np.testing.assert_allclose(any_model.logits([["G1", "<pad>"]]), any_model.logits([["G1"]]), atol=1e-6)


def test_no_sets(any_model: GSFM) -> None:
    assert any_model.logits([]).shape == (0, V)
    assert any_model.encode(sparse.csr_array((0, V))).shape == (0, any_model.dim)
    assert np.isfinite(any_model.logits([[]])).all()


def test_no_sets_with_normalized_input_and_a_second_pass() -> None:
    """They gave an error of torch."""
    torch.manual_seed(1)
    config = {"vocab_size": V, "d_model": D, "depth": 2, "variant": "DAE", "input_norm": "l2", "neighbours": 3}
    model = GSFM(build_module(config | {"recall": 5, "recall_weight": 0.5}), GENES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert model.logits([]).shape == model.probabilities(model.logits([]), np.array([])).shape == (0, V)
        assert model.encode([]).shape == (0, model.dim)


def test_other_iterables(model: GSFM) -> None:
    expected = model.logits([["G1", "G2"], ["G3"]])
    np.testing.assert_array_equal(model.logits(({"G2", "G1"}, (g for g in ["G3"]))), expected)
    np.testing.assert_array_equal(model.logits([np.array(["G1", "G2"]), np.array(["G3"], dtype=object)]), expected)


def test_probabilities(model: GSFM) -> None:
    logits = model.logits(SETS)
    found = model.probabilities(logits)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits.astype(np.float64))), atol=1e-6)


def test_calibrated_probabilities() -> None:
    model = model_of("DAE", metadata={"calibration": {"slope": 1.5, "intercept": 2.0}})
    logits = model.logits(SETS).astype(np.float64)
    log_softmax = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    expected = 1 / (1 + np.exp(-(1.5 * log_softmax + 2)))
    np.testing.assert_allclose(model.probabilities(logits), expected, rtol=1e-4)
    np.testing.assert_allclose(model.probabilities(logits[2]), expected[2], rtol=1e-4)


def test_probabilities_by_size() -> None:
    by_size = {"slope": 0.3, "log_size": 2.0, "slope_log_size": 0.1, "entropy": -0.5, "intercept": -2.5}
    model = model_of("DAE", metadata={"calibration": {"slope": 1.5, "intercept": 2.0, "by_size": by_size}})
    logits, sizes = model.logits(SETS).astype(np.float64), np.arange(len(SETS))
    level = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    size = np.log(np.maximum(sizes, 1))[:, None]
    entropy = -(np.exp(level) * level).sum(1, keepdims=True)
    expected = 1 / (1 + np.exp(-((0.3 + 0.1 * size) * level + 2 * size - 0.5 * entropy - 2.5)))
    np.testing.assert_allclose(model.probabilities(logits, sizes), expected, rtol=1e-4)
    np.testing.assert_allclose(model.probabilities(logits[2], sizes[2]), expected[2], rtol=1e-4)
    for wrong in (sizes[:2], sizes[:1], 3, sizes[:, None]):  # some of them would be repeated without a word
        with pytest.raises(ValueError, match="`sizes` has the shape .* one number for each set"):
            model.probabilities(logits, wrong)
    # without sizes, and with a card that has no numbers for them, as before
    before = model_of("DAE", metadata={"calibration": {"slope": 1.5, "intercept": 2.0}})
    np.testing.assert_array_equal(model.probabilities(logits), before.probabilities(logits))
    np.testing.assert_array_equal(before.probabilities(logits, sizes), before.probabilities(logits))
    assert model.fingerprint != before.fingerprint


def test_probabilities_of_the_embedded_model() -> None:
    """Among the genes of a pathway that the query does not contain, about as many are expected as there are."""
    model = scgsfm.models.load("gsfm-base")
    sets = scgsfm.datasets.library("reactome")
    sets = sets.subset([name for name, size in zip(sets.names, sets.sizes, strict=True) if 60 <= size <= 150][:12])
    rng = np.random.default_rng(0)
    expected = observed = 0.0
    for name in sets:
        genes = rng.permutation(model.tokens(sets[name]))
        genes = genes[genes >= 2]
        query, hidden = genes[: len(genes) // 2], genes[len(genes) // 2 :]
        row = sparse.csr_array((np.ones(len(query)), (np.zeros(len(query), int), query)), shape=(1, len(model.genes)))
        found = model.probabilities(model.logits(row), np.array([len(query)]))[0]
        assert found[hidden].mean() > 0.1
        assert np.median(found) < 0.001
        expected += np.delete(found, [0, 1, *query]).sum()
        observed += len(hidden)
    assert 0.5 < expected / observed < 2


def test_popularity(any_model: GSFM) -> None:
    single = any_model.logits([[gene] for gene in GENES[2:]])
    assert any_model.popularity.dtype == np.float32
    np.testing.assert_allclose(any_model.popularity, single.mean(0), atol=1e-5)


def test_gene_embeddings(any_model: GSFM) -> None:
    state = any_model.module.state_dict()
    single = any_model.gene_embeddings("single")
    np.testing.assert_allclose(single[2:], any_model.encode([[gene] for gene in GENES[2:]]), atol=1e-6)
    last = max(key for key in state if key.startswith("decoder") and key.endswith("weight"))
    np.testing.assert_array_equal(any_model.gene_embeddings("decoder"), state[last])
    official = state["embedding.weight"] if "embedding.weight" in state else state["encoder.layers.0.weight"].T
    encoder = any_model.gene_embeddings("encoder")
    np.testing.assert_array_equal(encoder, official)
    encoder[:] = 0
    assert any_model.gene_embeddings("encoder").any(), "a copy"


def test_combined_gene_embeddings(any_model: GSFM) -> None:
    """The last layer applied to the second half returns the logits of the gene as a set of one."""
    last = any_model.module.last
    with torch.inference_mode():
        z = torch.from_numpy(any_model.gene_embeddings("single"))
        seen = any_model.module.hidden(z).numpy()
        np.testing.assert_allclose(any_model.decode(z), last(torch.from_numpy(seen)), atol=1e-5)
    expected = []
    for x in (last.weight.detach().numpy(), seen):
        centred = x - x[2:].mean(0)
        expected.append(centred / np.linalg.norm(centred, axis=1, keepdims=True))
    np.testing.assert_allclose(any_model.gene_embeddings(), np.hstack(expected), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda m: m.logits(["G1", "G2"]), TypeError, r"for one set give \[\[\.\.\.\]\]"),
        (lambda m: m.logits("G1"), TypeError, "list of gene lists"),
        (lambda m: m.logits(np.ones((2, V))), TypeError, "CSR matrix"),
        (lambda m: m.logits([[3, 4]]), TypeError, "lists of gene names"),
        (lambda m: m.logits(sparse.csr_array((2, V - 1))), ValueError, f"`sets` has {V - 1} columns, .* {V}"),
        (lambda m: m.logits(sparse.csr_array(-matrix(SETS))), ValueError, "negative"),
        (lambda m: m.logits(sparse.csr_array(matrix(SETS) * np.nan)), ValueError, "NaN"),
        (lambda m: m.logits(SETS, batch_size=0), ValueError, "batch_size=0 must be at least 1"),
        (lambda m: m.gene_embeddings("output"), ValueError, "`kind` is 'output'"),
        (lambda m: GSFM(m.module, GENES[2:]), ValueError, "must begin with"),
    ],
)
def test_errors(model: GSFM, call: Callable[..., Any], error: type[Any], told: str) -> None:
    with pytest.raises(error, match=told):
        call(model)


def test_fingerprint() -> None:
    first, again = model_of("DAE", name="a"), model_of("DAE", name="b", metadata={"licence": "free"})
    assert first.fingerprint == again.fingerprint
    calibrated = model_of("DAE", metadata={"calibration": {"slope": 1.0, "intercept": 0.0}})
    other = model_of("DAE")
    other.module.last.bias.data[3] += 1e-3
    assert len({model.fingerprint for model in (first, calibrated, other, model_of("VAE"))}) == 4
