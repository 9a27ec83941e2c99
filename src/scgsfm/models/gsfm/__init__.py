"""GSFM: a denoising autoencoder over gene sets (Clarke et al. 2026), its variants and its training."""

from typing import Any

from scgsfm._vocabulary import SPECIALS

from ._gsfm import GSFM
from ._modules import VARIANTS, build_module
from .training._config import TrainConfig

__all__ = ["GSFM", "SPECIALS", "VARIANTS", "TrainConfig", "build_module", "train"]


def __getattr__(name: str) -> Any:
    if name == "train":  # not above: Lightning takes seconds to load
        from .training._train import train

        return train
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
