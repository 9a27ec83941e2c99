"""A small R3LM with random weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from typing import Any

    from scgsfm.models.r3lm import R3LM

CELL_TYPES = ["HepG2", "K562"]
SCORED = ["MA0114.5", "MA0035.5", "MA0002.3"]


def random_dna(n: int, length: int = 200, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(row) for row in rng.choice(list("ACGT"), (n, length))]


@pytest.fixture(scope="session")
def small_parts() -> tuple[dict[str, Any], dict[str, np.ndarray], list[str]]:
    """Configuration, tensors and vocabulary of a folder."""
    import torch

    from scgsfm.models.r3lm import build_module
    from scgsfm.models.r3lm._tokenizer import Tokens
    from scgsfm.motifs import Motifs
    from scgsfm.regulatory._features import N_COMPOSITION

    motifs = Motifs.embedded("jaspar2026")
    tokens = Tokens(CELL_TYPES, motifs.names)
    config = {
        "model_type": "r3lm",
        "vocab_size": len(tokens),
        "cell_types": CELL_TYPES,
        "motifs": "jaspar2026",
        "scored": SCORED,
        "units": [[-0.2, 0.7], [0.1, 1.5]],
        "levels": [[-0.7, -0.3, 0.2], [-0.5, 0.0, 0.5]],
        "activity": {
            "n_outputs": 2,
            "n_features": len(SCORED) + len(motifs) + N_COMPOSITION,
            "networks": 2,
            "stem": 8,
            "widths": [6, 8],
            "kernels": [3, 3],
            "repeats": [1, 2],
            "hidden": 8,
            "card_hidden": [8, 4],
        },
        "decoder": {
            "hidden_size": 8,
            "intermediate_size": 12,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "head_dim": 4,
        },
    }
    torch.manual_seed(0)
    module = build_module(config)
    for weights in module.parameters():
        torch.nn.init.normal_(weights, std=0.4)
    module.activity.blend[:] = torch.tensor([[[0.6], [0.5], [0.1]], [[1.0], [0.0], [0.2]], [[0.0], [1.0], [0.3]]])
    module.activity.card.scale[:] = 0.1
    tensors = {key: value.numpy() for key, value in module.state_dict().items()}
    return config, tensors, tokens.vocab


@pytest.fixture
def small(small_parts: tuple[dict[str, Any], dict[str, np.ndarray], list[str]]) -> R3LM:
    """The model as it is loaded."""
    from pathlib import Path

    from scgsfm.models.r3lm._build import build

    config, tensors, vocab = small_parts
    return build(config, {key: value.copy() for key, value in tensors.items()}, vocab, name=Path("small"))
