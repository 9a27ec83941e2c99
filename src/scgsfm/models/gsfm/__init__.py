"""GSFM: a denoising autoencoder over sets of genes (Clarke et al. 2025), its variants and its training."""

from ._gsfm import GSFM
from ._modules import SPECIALS, VARIANTS, build_module

__all__ = ["GSFM", "SPECIALS", "VARIANTS", "build_module"]
