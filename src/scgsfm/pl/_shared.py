from __future__ import annotations

from typing import Any

N_LABEL = 40
"""Characters of a label, at most."""


def shorten(name: str, n: int = N_LABEL) -> str:
    """A name with its middle replaced by … if it is long: libraries put what is common at the begin."""
    return name if len(name) <= n else f"{name[: n // 2]}…{name[len(name) - (n - 1) // 2 :]}"


def finish(axes: Any, show: bool | None) -> Any:
    """Show the figure and return nothing, or return its axes; scanpy's settings decide for ``None``."""
    import matplotlib.pyplot as plt
    import scanpy as sc

    if sc.settings.autoshow if show is None else show:
        plt.show()
        return None
    return axes
