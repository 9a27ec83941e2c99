"""What a page shows, as the query string of its link."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

MAX_CHARACTERS = 30_000
"""Length of a list of genes that fits into a link."""


@dataclass(frozen=True)
class State:
    """All choices of a page. Empty texts stand for defaults, which depend on the data."""

    tab: str = "functions"
    query: str = ""
    """A gene, a term or a list of genes, as typed."""
    library: str = ""
    basis: str = ""
    """Key of the embedding in ``obsm``."""
    groupby: str = ""
    expand: bool = False
    """Whether the model completes the set before cells are scored."""
    subject: str = "query"
    """Whether the tabs of enrichment and explanations are about the query or a group of cells."""
    group: str = ""
    mode: str = ""
    """Mode of enrichment."""
    term: str = ""
    """Term of which details are shown."""
    condition: str = ""
    sample: str = ""
    reference: str = ""
    paired: bool = False
    question: str = ""

    @classmethod
    def from_query(cls, text: str) -> State:
        """Read a query string. Unknown names are ignored, and control characters dropped."""
        given = dict(parse_qsl(text.removeprefix("?"), keep_blank_values=True, max_num_fields=50))
        return cls.of(given)

    @classmethod
    def of(cls, given: dict[str, Any]) -> State:
        """Read the values of the fields by name, texts or booleans."""
        values: dict[str, Any] = {}
        for field in fields(cls):
            if field.name not in given:
                continue
            value = given[field.name]
            is_flag = isinstance(field.default, bool)
            values[field.name] = value in (True, "1", "true") if is_flag else _clean(value)
        return cls(**values)

    def to_query(self) -> str:
        """Write the query string, without the fields that have their default, and lines of a list separated by commas."""
        changed = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        if "query" in changed:
            changed["query"] = ",".join(part.strip() for part in self.query.splitlines() if part.strip())
        texts = {name: "1" if value is True else str(value) for name, value in changed.items()}
        return urlencode(texts, quote_via=quote, safe=",")

    def link(self, **changes: Any) -> str:
        """The relative link of a page with some changes."""
        return "?" + replace(self, **changes).to_query()


def _clean(value: Any) -> str:
    text = "" if value is None else str(value)
    return "".join(c for c in text if c.isprintable() or c in "\r\n\t").strip()
