"""Kinds of models: how the directory of each kind becomes a model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

DEFAULT = "gsfm"
"""The kind of a directory whose configuration names none, such as the official ones."""

MODULES = {
    "gsfm": "scgsfm.models.gsfm._build",
    "gpgpt": "scgsfm.models.gpgpt._serialization",
    "r3lm": "scgsfm.models.r3lm._build",
}
"""The module of each kind, by ``model_type`` in ``config.json``; add a line for a new kind.

Names instead of modules: a model's package imports torch, and its training imports this package.
"""


LANGUAGE_MODEL = "scgsfm.models.r3lm._pretrained"
"""The module of models of ``transformers``."""
LANGUAGE_MODEL_FILES = ("adapter_config.json", "adapter/adapter_config.json", "r3lm.json")
"""Files that mark the directory of a language model, as a configuration by ``transformers`` does."""

LANGUAGE_MODEL_SUFFIXES = (".json", ".safetensors", ".txt", ".model", ".jinja")
"""Endings of its files that are downloaded."""


class Kind(Protocol):
    """The functions that the module of a kind provides."""

    def shapes(self, config: dict[str, Any], /) -> dict[str, tuple[int, ...]]:
        """The shape of every tensor."""

    def build(
        self,
        config: dict[str, Any],
        tensors: Mapping[str, np.ndarray],
        vocab: list[str],
        /,
        *,
        name: str,
        metadata: dict[str, Any],
        device: str | None,
    ) -> Any:
        """The loaded model."""


def kind(name: str) -> Kind:
    """The module of a kind."""
    return cast("Kind", import_module(MODULES[name]))
