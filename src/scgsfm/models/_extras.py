"""Packages of extras: a clear message if one is missing, and no requests by them if the settings forbid downloads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from scgsfm.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def needs(package: str, what: str = "GP-GPT", extra: str = "llm") -> Iterator[None]:
    """Turn a failed import of a package inside the block into advice: what needs it, and the extra that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        msg = f"{what} needs {package}, which is not installed: pip install 'scgsfm[{extra}]'."
        raise ImportError(msg) from error


@contextmanager
def offline_as_set() -> Iterator[None]:
    """If ``settings.offline``, keep the client of the hub from requests, which it also sends to read its own cache."""
    if not settings.offline:
        yield
        return
    with needs("huggingface_hub"):
        from huggingface_hub import constants
    before, constants.HF_HUB_OFFLINE = constants.HF_HUB_OFFLINE, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
