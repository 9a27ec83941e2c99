"""Descriptions of parameters that many public functions share, and a decorator that fills them in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

PARAMETERS = {
    "layer": "Layer to use instead of ``X``.",
    "use_raw": "Whether to use ``adata.raw`` instead of ``adata``.",
    "gene_symbols": (
        "Column of ``var`` with the gene names. By default, the index is used, or, if it does not hold gene names, a\n"
        'column that does, such as ``"gene_symbols"`` or ``"feature_name"``.'
    ),
    "mask_var": (
        "Genes to use: the name of a boolean column of ``var``, a boolean array, or a boolean Series, which is aligned by its "
        "index. By default, all genes are used."
    ),
    "block_size": "Number of cells to read at a time. By default, it is chosen to fit the memory.",
    "model": "Name or directory of a model, or a loaded model.",
    "copy": "Whether to return a modified copy instead of writing to the input.",
    "key_added": "Key under which to store the results, instead of the default key that is given under Returns.",
    "show": (
        "Whether to show the plot. If ``False``, the axes are returned. Defaults to\n``scanpy.settings.autoshow``; a "
        "saved plot is not shown."
    ),
    "ax": "Axes to draw on. By default, a new figure of a suitable size is created.",
    "figsize": (
        "Width and height of a new figure in inches. By default, they fit the content. Small figures have shorter names\n"
        "and, by default, fewer panels."
    ),
    "save": (
        'File to save the figure to, such as ``"figures/plot.pdf"``. ``True``, or a name without folder and suffix, saves\n'
        "to ``scanpy.settings.figdir`` in the format of ``scanpy.settings.file_format_figs``."
    ),
    "return_fig": "Whether to return the figure instead of the axes. It is not shown then, unless ``show=True``.",
}
"""Parameter → its description. ``{parameter}`` in the docstring of a decorated function is replaced by it."""

_PLACEHOLDER = re.compile(rf"^(?P<indent> *)\{{(?P<name>{'|'.join(PARAMETERS)})\}}(?P<rest>.*)$", re.MULTILINE)


def doc_params(function: F) -> F:
    """Replace lines such as ``{layer}`` in the docstring of ``function`` by the shared description.

    The text that follows a placeholder is kept, so that a function can add what holds for it alone. All other braces
    are left alone, unlike with :meth:`str.format`, since docstrings hold dicts and LaTeX.
    """
    if function.__doc__ is not None:  # it is under ``python -OO``
        function.__doc__ = _PLACEHOLDER.sub(_filled, function.__doc__)
    return function


def _filled(found: re.Match[str]) -> str:
    indent = found["indent"]
    return indent + PARAMETERS[found["name"]].replace("\n", f"\n{indent}") + found["rest"]
