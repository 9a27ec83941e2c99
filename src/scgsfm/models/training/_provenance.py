"""When and with which packages a model was trained, for its card."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any


def provenance(*packages: str) -> dict[str, Any]:
    """The time and the versions of this package, torch, Lightning and ``packages``."""
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "trained_with": {name: version(name) for name in ("scgsfm", "torch", "pytorch-lightning", *packages)},
    }
