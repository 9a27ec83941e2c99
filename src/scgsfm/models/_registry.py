"""The kinds of models: how the folder of each becomes a model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

DEFAULT = "gsfm"
"""The kind of a folder whose configuration names none, as the official ones don't."""

MODULES = {
    "gsfm": "scgsfm.models.gsfm._build",
    "gpgpt": "scgsfm.models.gpgpt._serialization",
    "r3lm": "scgsfm.models.r3lm._build",
}
"""The module of each kind, by ``model_type`` of ``config.json``; a new kind is a line here.

Names, not modules: a model's package imports torch, and its training imports this room.
"""


class Kind(Protocol):
    """What the module of a kind offers."""

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
