"""``models.available``."""

from __future__ import annotations

from typing import Any

from scgsfm._html import html_table

from ._locate import RECORDS, is_cached


class ModelList(list[dict[str, Any]]):
    """Records of models, shown as a table."""

    def __repr__(self) -> str:
        rows = [[str(value) for value in row] for row in ([*self[0]], *(record.values() for record in self))]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)

    def _repr_html_(self) -> str:
        """The table for notebooks."""
        return html_table(
            [*self[0]], (list(record.values()) for record in self), caption="Models that are known by name"
        )


def available() -> ModelList:
    """List the models that :func:`load` finds by name.

    Returns
    -------
    One record per model, shown as a table: ``name``, ``kind``, ``where`` (``"embedded"``, ``"cached"``, or ``"hub"`` if loading downloads
    it), ``description`` and ``licence``.

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.models.available()[0]["name"]
    'gsfm-base'
    """
    return ModelList(
        {
            "name": record.name,
            "kind": record.kind,
            "where": "embedded" if record.embedded else "cached" if is_cached(record.name) else "hub",
            "description": record.description,
            "licence": record.licence,
        }
        for record in RECORDS.values()
    )
