"""``models.available``."""

from __future__ import annotations

from typing import Any

from ._locate import RECORDS, is_cached


def available() -> list[dict[str, Any]]:
    """List the models that :func:`load` finds by name.

    Returns
    -------
    One record per model: ``name``, ``kind``, ``where`` (``"embedded"``, ``"cached"``, or ``"hub"`` if loading downloads
    it), ``description`` and ``licence``.

    Examples
    --------
    >>> import scgsfm
    >>> scgsfm.models.available()[0]["name"]
    'gsfm-base'
    """
    return [
        {
            "name": record.name,
            "kind": record.kind,
            "where": "embedded" if record.embedded else "cached" if is_cached(record.name) else "hub",
            "description": record.description,
            "licence": record.licence,
        }
        for record in RECORDS.values()
    ]
