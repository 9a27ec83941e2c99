"""What every loaded model offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import torch


@runtime_checkable
class Model(Protocol):
    """A loaded model of any kind.

    All models that :func:`load` returns have these attributes; each kind adds methods for its task, and a ``repr`` of
    one line.

    Examples
    --------
    >>> import scgsfm
    >>> model = scgsfm.models.load("gsfm-base")
    >>> model.kind, model.name, str(model.device)
    ('gsfm', 'gsfm-base', 'cpu')
    """

    kind: str
    """``"gsfm"``, ``"gpgpt"``, ``"r3lm"``, or ``"r3lm-text"`` for language models of ``transformers``."""
    name: str
    """The name or path that the model was loaded by."""
    metadata: dict[str, Any]
    """The model card; empty if there is none."""

    @property
    def device(self) -> torch.device:
        """The device that the model computes on."""
