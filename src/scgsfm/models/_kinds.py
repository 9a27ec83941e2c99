"""The kinds of models: how the folder of each becomes a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from .gpgpt import GPGPT
    from .gsfm import GSFM
    from .r3lm import R3LM

DEFAULT = "gsfm"
"""The kind of a folder whose configuration tells none, as official ones."""


@dataclass(frozen=True)
class Kind:
    """A kind of model.

    ``shapes(config)`` gives the shape of every tensor, ``build(config, tensors, vocab, name=, metadata=, device=)`` the
    loaded model.
    """

    shapes: Callable[[dict[str, Any]], dict[str, tuple[int, ...]]]
    build: Callable[..., Any]


def _gsfm_shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    import torch

    from .gsfm._modules import build_module

    with torch.device("meta"):
        return {key: tuple(tensor.shape) for key, tensor in build_module(config).state_dict().items()}


def _gsfm(config: dict[str, Any], tensors: Mapping[str, np.ndarray], vocab: list[str], **about: Any) -> GSFM:
    import torch

    from .gsfm import GSFM
    from .gsfm._modules import build_module

    with torch.device("meta"):  # the weights are assigned, not first drawn at random
        module = build_module(config)
    module.load_state_dict({key: torch.from_numpy(tensor) for key, tensor in tensors.items()}, assign=True)
    return GSFM(module, vocab, **about)


def _r3lm_shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    import torch

    from .r3lm import build_module

    with torch.device("meta"):
        return {key: tuple(tensor.shape) for key, tensor in build_module(config).state_dict().items()}


def _r3lm(config: dict[str, Any], tensors: Mapping[str, np.ndarray], vocab: list[str], **about: Any) -> R3LM:
    import torch

    from .r3lm import R3LM, build_module

    with torch.device("meta"):
        module = build_module(config)
    module.load_state_dict({key: torch.from_numpy(tensor) for key, tensor in tensors.items()}, assign=True)
    return R3LM(module, vocab, config, **about)


def _gpgpt_shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    from .gpgpt._packing import shapes

    return shapes(config)


def _gpgpt(config: dict[str, Any], tensors: Mapping[str, np.ndarray], vocab: list[str], **about: Any) -> GPGPT:
    from .gpgpt._packing import unpack

    return unpack(config, tensors, vocab, **about)


KINDS = {"gsfm": Kind(_gsfm_shapes, _gsfm), "gpgpt": Kind(_gpgpt_shapes, _gpgpt), "r3lm": Kind(_r3lm_shapes, _r3lm)}
"""By ``model_type`` of ``config.json``; a new kind is a line here."""
