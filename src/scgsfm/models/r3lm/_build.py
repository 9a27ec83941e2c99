from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from scgsfm._config_fields import check_r3lm

from ._r3lm import R3LM, build_module

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np


def shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor."""
    check_r3lm(config)
    with torch.device("meta"):
        return {key: tuple(tensor.shape) for key, tensor in build_module(config).state_dict().items()}


def build(config: dict[str, Any], tensors: Mapping[str, np.ndarray], vocab: list[str], **about: Any) -> R3LM:
    """The loaded model."""
    with torch.device("meta"):
        module = build_module(config)
    module.load_state_dict({key: torch.from_numpy(tensor) for key, tensor in tensors.items()}, assign=True)
    return R3LM(module, vocab, config, **about)
