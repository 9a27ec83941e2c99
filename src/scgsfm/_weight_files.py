"""Weight files: the SHA-256 of files, the check of those that a directory lists, and of the values of weights."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .errors import ChecksumError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


LARGEST: Final = 1e9
"""Largest weight: trained weights are below 100, and counts of gene sets below 10⁸. Results of larger ones may overflow."""
INTEGERS: Final = ("indices", "num_batches_tracked")
"""Endings of the keys of integers."""


def check_sums(folder: Path, sums: Mapping[str, Any], remedy: str) -> None:
    """Raise ChecksumError, with the advice ``remedy``, for the first file whose SHA-256 is not the one in ``sums``."""
    for name, expected in sums.items():
        file = folder / name
        found = sha256_of(file) if file.is_file() else None
        if found != expected:
            what = "is missing" if found is None else f"is damaged or was changed: its SHA-256 is {found}"
            msg = f"{file} {what}, expected the SHA-256 {expected}. {remedy}"
            raise ChecksumError(msg)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def value_flaw(key: str, tensor: np.ndarray) -> str:
    """What is wrong with the values of a tensor, or an empty string."""
    if not np.isfinite(tensor).all():
        return "contains infinite or NaN values"
    if (largest := float(np.abs(tensor).max(initial=0))) > LARGEST:
        return f"contains {largest:g}, but weights of more than {LARGEST:g} are of no trained model"
    if (tensor.dtype.kind == "f") == key.endswith(INTEGERS):
        return f"has the type {tensor.dtype}, which it can't have"
    return ""
