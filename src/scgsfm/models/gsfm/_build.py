from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from scgsfm._config_fields import GSFM as FIELDS
from scgsfm._config_fields import check_fields
from scgsfm.errors import ModelFormatError

from ._gsfm import GSFM
from ._modules import build_module

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np


def shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of every tensor."""
    check_fields(config, FIELDS)
    with torch.device("meta"):
        return {key: tuple(tensor.shape) for key, tensor in build_module(config).state_dict().items()}


def check_neighbors(tensors: Mapping[str, np.ndarray], n_genes: int) -> None:
    """Raise a ModelFormatError for neighbors that are not genes of the vocabulary: kernels use them without bounds."""
    for key, tensor in tensors.items():
        if key.endswith("neighbours.indices") and tensor.size and not (0 <= tensor.min() <= tensor.max() < n_genes):
            msg = f"{key} contains {tensor.min()} to {tensor.max()}, but the vocabulary has {n_genes:,} tokens."
            raise ModelFormatError(msg)


def build(config: dict[str, Any], tensors: Mapping[str, np.ndarray], vocab: list[str], **about: Any) -> GSFM:
    """The loaded model."""
    check_neighbors(tensors, len(vocab))
    with torch.device("meta"):  # the weights are assigned, so none need be drawn
        module = build_module(config)
    module.load_state_dict({key: torch.from_numpy(tensor) for key, tensor in tensors.items()}, assign=True)
    return GSFM(module, vocab, **about)
