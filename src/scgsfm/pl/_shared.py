from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

N_LABEL = 40
"""Characters of a label, at most."""


def labels(names: Sequence[str], n: int = N_LABEL) -> tuple[str, list[str]]:
    """What several names have in common before a ``_`` (``"HALLMARK_"``), and the rests, shortened to ``n``."""
    prefix = os.path.commonprefix(names) if len(names) > 1 else ""
    prefix = prefix[: prefix.rfind("_") + 1]
    return prefix, [shorten(name.removeprefix(prefix), n) for name in names]


def shorten(name: str, n: int = N_LABEL) -> str:
    """A name with … in place of its middle if it is long: names of a library may begin or end alike."""
    return name if len(name) <= n else f"{name[: n // 2]}…{name[len(name) - (n - 1) // 2 :]}"


def finish(axes: Any, show: bool | None) -> Any:
    """Show the figure and return nothing, or return its axes; scanpy's settings decide for ``None``."""
    import matplotlib.pyplot as plt
    import scanpy as sc

    if sc.settings.autoshow if show is None else show:
        plt.show()
        return None
    return axes
