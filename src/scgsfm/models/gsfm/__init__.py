"""GSFM: a denoising autoencoder over gene sets (Clarke et al. 2026), its variants and its training."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scgsfm._vocabulary import SPECIALS

from .training._config import TrainConfig

if TYPE_CHECKING:
    from ._gsfm import GSFM
    from ._modules import VARIANTS, build_module
    from .training._train import train

__all__ = ["GSFM", "SPECIALS", "VARIANTS", "TrainConfig", "build_module", "train"]

_LAZY = {"GSFM": "_gsfm", "VARIANTS": "_modules", "build_module": "_modules", "train": "training._train"}
"""Modules of names that are imported on first access: torch and Lightning take seconds to load."""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
