"""The protocol of a tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from ._state import State
    from ._workspace import Workspace


@dataclass(frozen=True)
class Tab:
    """A tab of the page: what it shows for a state, and its table to download."""

    name: str
    title: str
    content: Callable[[Workspace, State], Any]
    table: Callable[[Workspace, State], pd.DataFrame]
    needs_query: bool = True
    """Whether there is nothing to show without a gene, a term or a list."""
