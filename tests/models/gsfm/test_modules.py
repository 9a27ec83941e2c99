"""Each variant against a dense implementation of the publication's formulas, in NumPy and double precision."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from scgsfm.models.gsfm import VARIANTS, build_module

if TYPE_CHECKING:
    from typing import Any

V, D = 12, 4
UNK, PAD = 0, 1
SETS = [[2, 5, 7], [3], [UNK, 11, 4, 2], [UNK], list(range(2, V))]
WIDTHS = {  # layers of encoder and decoder by variant and depth, as published
    "DAE": {1: ([V, D], [D, V]), 2: ([V, 2 * D, D], [D, D, V]), 3: ([V, 4 * D, 2 * D, D], [D, D, 2 * D, V])},
    "VAE": {1: ([V, D], [3, D, V]), 2: ([V, 2 * D, D], [3, D, D, V]), 3: ([V, 4 * D, 2 * D, D], [3, D, D, 2 * D, V])},
    "EDAE": {1: ([D], [D, V]), 2: ([D, D], [D, V]), 3: ([D, D * D, D], [D, D * D, V])},
    "EPDAE": {1: ([D, D], [2 * D, V]), 2: ([D, D], [2 * D, 2 * D, V]), 3: ([D, 2 * D, D], [2 * D, 2 * D, 4 * D, V])},
    "mEDAE": {1: ([D], [D, V]), 2: ([D, D], [D, V]), 3: ([D, D * D, D], [D, D * D, V])},
}
CASES = [(variant, depth) for variant in WIDTHS for depth in (1, 2, 3)]


def module_of(variant: str = "DAE", depth: int = 2, **options: Any) -> Any:
    torch.manual_seed(depth)
    latent = {"latent_dim": 3} if variant == "VAE" else {}
    config = {"vocab_size": V, "d_model": D, "depth": depth, "dropout": 0.2, "variant": variant, **latent, **options}
    return build_module(config).eval()


def csr(sets: list[Any]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.tensor(np.cumsum([0, *map(len, sets)])), torch.tensor([g for genes in sets for g in genes]).long()


def multi_hot(sets: list[list[int]]) -> np.ndarray:
    x = np.zeros((len(sets), V))
    for row, genes in enumerate(sets):
        x[row, genes] = 1
    x[:, PAD] = 0
    return x


class Dense:
    """The published network on dense rows, from a state dictionary."""

    def __init__(self, state: Any) -> None:
        self.state = {key: tensor.double().numpy() for key, tensor in state.items()}

    def linear(self, key: Any, x: np.ndarray) -> np.ndarray:
        return x @ self.state[f"{key}.weight"].T + self.state[f"{key}.bias"]

    def mlp(self, name: str, x: np.ndarray) -> np.ndarray:
        numbers = sorted(int(key.split(".")[2]) for key in self.state if key.startswith(name) and "weight" in key)
        for number in numbers:
            x = self.linear(f"{name}.layers.{number}", x)
            x = np.maximum(x, 0) if number != numbers[-1] else x
        return x

    def encode(self, variant: str, x: np.ndarray) -> np.ndarray:
        share = x / np.maximum(x.sum(1, keepdims=True), 1e-12)
        table = self.state.get("embedding.weight")
        if variant == "DAE":
            return self.mlp("encoder", x)
        if variant == "VAE":
            return self.linear("hidden2mu", self.mlp("encoder", x))
        if variant == "EDAE":
            return share @ self.mlp("encoder", table)
        if variant == "EPDAE":
            return np.hstack([share @ self.mlp("encoder", table), share @ table])
        return self.mlp("encoder", share @ table)

    def logits(self, variant: str, x: np.ndarray) -> np.ndarray:
        return self.mlp("decoder", self.encode(variant, x))


@pytest.mark.parametrize(("variant", "depth"), CASES)
def test_keys_and_widths(variant: str, depth: int) -> None:
    state = module_of(variant, depth).state_dict()
    expected: dict[str, Any] = {}
    for name, widths in zip(("encoder", "decoder"), WIDTHS[variant][depth], strict=True):
        for i, (n_in, n_out) in enumerate(pairwise(widths)):
            expected |= {f"{name}.layers.{3 * i}.weight": (n_out, n_in), f"{name}.layers.{3 * i}.bias": (n_out,)}
    if variant == "VAE":
        for name in ("hidden2mu", "hidden2log_var"):
            expected |= {f"{name}.weight": (3, D), f"{name}.bias": (3,)}
        expected["log_scale"] = (1,)
    elif variant != "DAE":
        expected["embedding.weight"] = (V, D)
    assert {key: tuple(tensor.shape) for key, tensor in state.items()} == expected


@pytest.mark.parametrize(("variant", "depth"), CASES)
@pytest.mark.parametrize("grad", [False, True], ids=["inference", "training kernels"])
def test_logits_and_latent_vectors(variant: str, depth: int, grad: bool) -> None:
    module = module_of(variant, depth)
    dense, x = Dense(module.state_dict()), multi_hot(SETS)
    with torch.set_grad_enabled(grad):
        latent, logits = module.encode_sets(*csr(SETS)), module(*csr(SETS))
    np.testing.assert_allclose(latent.detach(), dense.encode(variant, x), atol=1e-5)
    np.testing.assert_allclose(logits.detach(), dense.logits(variant, x), atol=1e-5)


def test_width_and_residual_blocks() -> None:
    module = module_of(width=6, blocks=2)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter))
    state = {key: tensor.double().numpy() for key, tensor in module.state_dict().items()}

    def linear(key: str, x: np.ndarray) -> np.ndarray:
        return x @ state[f"{key}.weight"].T + state[f"{key}.bias"]

    def part(name: str, x: np.ndarray) -> np.ndarray:
        x = np.maximum(linear(f"{name}.layers.0", x), 0)
        for i in (3, 4):
            x = x + linear(f"{name}.layers.{i}.down", np.maximum(linear(f"{name}.layers.{i}.up", x), 0))
        return linear(f"{name}.layers.5", x)

    assert module.first.weight.shape == (V, 6)
    latent = part("encoder", multi_hot(SETS))
    np.testing.assert_allclose(module.encode_sets(*csr(SETS)).detach(), latent, rtol=1e-4)
    np.testing.assert_allclose(module(*csr(SETS)).detach(), part("decoder", latent), rtol=1e-4)


def test_untrained_blocks_change_nothing() -> None:
    module, plain = module_of(blocks=1), module_of()
    keys = {
        f"{part}.layers.{4 if number == 3 else number}.{kind}": f"{part}.layers.{number}.{kind}"
        for part in ("encoder", "decoder")
        for number in (0, 3)
        for kind in ("weight", "bias")
    }
    module.load_state_dict({key: plain.state_dict()[old] for key, old in keys.items()}, strict=False)
    np.testing.assert_array_equal(module(*csr(SETS)).detach(), plain(*csr(SETS)).detach())


@pytest.mark.parametrize("variant", WIDTHS)
def test_soft_membership(variant: str) -> None:
    module = module_of(variant)
    x = multi_hot(SETS) * np.random.default_rng(0).uniform(0.1, 2, (len(SETS), V))
    weights = torch.tensor([x[row, gene] for row, genes in enumerate(SETS) for gene in genes], dtype=torch.float32)
    found = module(*csr(SETS), weights).detach()
    np.testing.assert_allclose(found, Dense(module.state_dict()).logits(variant, x), atol=1e-5)


@pytest.mark.parametrize("variant", WIDTHS)
def test_empty_set(variant: str) -> None:
    module = module_of(variant)
    found = module(*csr([[], [2, 3], []])).detach()
    np.testing.assert_allclose(
        found, Dense(module.state_dict()).logits(variant, multi_hot([[], [2, 3], []])), atol=1e-5
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_input_norm(weighted: bool) -> None:
    module = module_of(input_norm="l2")
    x = multi_hot(SETS)
    weights = None
    if weighted:
        x = x * np.random.default_rng(0).uniform(0.1, 2, x.shape)
        weights = torch.tensor([x[row, gene] for row, genes in enumerate(SETS) for gene in genes], dtype=torch.float32)
    found = module(*csr(SETS), weights).detach()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    np.testing.assert_allclose(found, Dense(module.state_dict()).logits("DAE", unit), atol=1e-5)
    assert torch.isfinite(module(*csr([[]]))).all()


def test_balance_keeps_counts_under_the_official_key() -> None:
    state = module_of(weighted_loss="balance").state_dict()
    np.testing.assert_array_equal(state["bias"], np.ones(V))
    assert "bias" not in module_of(weighted_loss="unseen").state_dict()


@pytest.mark.parametrize("variant", WIDTHS)
def test_state_dictionary_round_trip(variant: str) -> None:
    module, other = module_of(variant), module_of(variant)
    for parameter in other.parameters():
        parameter.data.zero_()
    state = module.state_dict()
    other.load_state_dict(state)
    assert torch.equal(module(*csr(SETS)), other(*csr(SETS)))
    assert all(torch.equal(state[key], tensor) for key, tensor in other.state_dict().items())


def test_dropout_is_only_between_linear_layers() -> None:
    for variant in WIDTHS:
        module = module_of(variant, depth=3, dropout=0.3)
        for part in (module.encoder, module.decoder):
            kinds = [type(layer).__name__.replace("GeneLinear", "Linear") for layer in part.layers]
            assert kinds == (["Linear", "ReLU", "Dropout"] * len(kinds))[: len(kinds)]
            assert kinds[-1] == "Linear"
            assert {layer.p for layer in part.layers if isinstance(layer, torch.nn.Dropout)} <= {0.3}


def test_official_configuration() -> None:
    """Bookkeeping keys are ignored, and a VAE is recognized by its latent dimension."""
    config = {"vocab_size": V, "d_model": D, "depth": 2, "dropout": 0.2, "partition": 0.8, "weighted_loss": "none"}
    assert type(build_module(config | {"name": "GSFM_20250101", "file": "DAE.py"})).__name__ == "DAE"
    assert type(build_module({"vocab_size": V, "d_model": D, "latent_dim": 3})).__name__ == "VAE"


def test_errors() -> None:
    with pytest.raises(ValueError, match=rf"variant 'AE' in the configuration; give one of {', '.join(VARIANTS)}"):
        module_of("AE")
    with pytest.raises(ValueError, match="input_norm='l1' must be"):
        module_of(input_norm="l1")(*csr(SETS))


@pytest.mark.parametrize("coherence", [0.0, 0.4])
def test_neighbor_residual(coherence: float) -> None:
    """The residual as its docstring states it, on dense arrays."""
    settings = {"neighbour_weight": 0.7, "neighbour_floor": 0.01, "neighbour_coherence": coherence}
    module, plain = module_of(neighbours=5, **settings), module_of()
    rng = np.random.default_rng(0)
    near = np.array([rng.choice(V, 5, replace=False) for _ in range(V)])
    cosines = rng.uniform(0, 1, (V, 5)).astype(np.float32)
    table = {"neighbours.indices": torch.from_numpy(near), "neighbours.cosines": torch.from_numpy(cosines)}
    module.load_state_dict(plain.state_dict() | table)
    similarity = np.zeros((V, V))
    np.put_along_axis(similarity, near, cosines, axis=1)
    similarity = np.maximum(similarity, similarity.T)
    x, logits = multi_hot(SETS), plain(*csr(SETS)).detach().double().numpy()
    level = np.log(0.01 + x @ similarity / np.maximum(x.sum(1, keepdims=True), 1))
    z = (level - level.mean(1, keepdims=True)) / level.std(1, ddof=1, keepdims=True)
    share = x / np.maximum(x.sum(1, keepdims=True), 1)
    c = np.clip((share * z).sum(1, keepdims=True) / coherence, 0, 1) if coherence else 1
    assert not coherence or ((c > 0) & (c < 1)).any()
    expected = logits + 0.7 * logits.std(1, ddof=1, keepdims=True) * c * z
    np.testing.assert_allclose(module(*csr(SETS)).detach(), expected, atol=2e-5)
    with torch.inference_mode():  # by a kernel
        np.testing.assert_allclose(module(*csr(SETS)), expected, atol=2e-5)
    assert torch.equal(module(*csr([[]])), plain(*csr([[]])))


def test_loading_weights_replaces_the_neighbors() -> None:
    module = module_of(neighbours=1)
    assert not module.neighbours.graph[2].numel()
    table = {"neighbours.indices": torch.full((V, 1), 3), "neighbours.cosines": torch.full((V, 1), 0.5)}
    module.load_state_dict(module.state_dict() | table)
    assert module.neighbours.graph[2].tolist() == [0.5] * (2 * V - 1)


@pytest.mark.parametrize("input_norm", ["none", "l2"])
def test_second_pass(input_norm: str) -> None:
    """The second pass adds the three genes that the first pass ranks highest, by their softmax."""
    once = module_of(input_norm=input_norm)
    twice = module_of(input_norm=input_norm, recall=3, recall_weight=0.8)
    with torch.inference_mode():
        first, found = once(*csr(SETS)).double().numpy(), twice(*csr(SETS)).numpy()
        for genes, logits, row in zip(SETS, first, found, strict=True):
            weights = np.zeros(V)
            others = sorted(set(range(2, V)) - set(genes), key=lambda gene: -logits[gene])[:3]
            if others:
                share = np.exp(logits[others] / logits.std(ddof=1))
                weights[others] = 0.8 * len(genes) * share / share.sum()
            weights[genes] = 1
            expected = once(*csr([range(V)]), torch.from_numpy(weights.astype(np.float32)))[0]
            np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-5)
        assert torch.equal(twice(*csr([[]])), once(*csr([[]])))


def test_second_pass_keeps_given_weights() -> None:
    once, twice = module_of(), module_of(recall=2, recall_weight=0.5)
    weights = torch.tensor([0.2, 3.0, 1.0])
    with torch.inference_mode():
        logits = once(*csr([[2, 5, 7]]), weights)[0]
        best = [gene for gene in logits.argsort(descending=True).tolist() if gene not in (UNK, PAD, 2, 5, 7)][:2]
        share = torch.softmax(logits[best] / logits.std(), 0)
        expected = once(*csr([[2, 5, 7, *best]]), torch.cat([weights, 0.5 * 4.2 * share]))
        torch.testing.assert_close(twice(*csr([[2, 5, 7]]), weights), expected)


def test_incoherent_sets_recall_nothing() -> None:
    """For a set without coherence the result is that of the network alone, in one pass."""
    module, plain = module_of(neighbours=1, neighbour_coherence=1.0, recall=3), module_of()
    table = {"neighbours.indices": torch.full((V, 1), 3), "neighbours.cosines": torch.zeros(V, 1)}
    table["neighbours.cosines"][4] = 0.5  # 3 and 4 know each other
    module.load_state_dict(plain.state_dict() | table)
    with torch.inference_mode():
        torch.testing.assert_close(module(*csr([[2, 5, 7]])), plain(*csr([[2, 5, 7]])))
        assert not torch.allclose(module(*csr([[3, 4]])), plain(*csr([[3, 4]])))


def test_blocks_need_a_hidden_layer() -> None:
    with pytest.raises(ValueError, match="blocks=1 need a hidden layer, but depth is 1"):
        build_module({"variant": "DAE", "vocab_size": 30, "d_model": 4, "depth": 1, "blocks": 1})
