"""Where a function writes its result: what may be replaced, the record, and the line in the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from scgsfm import _keys
from scgsfm._logging import logger
from scgsfm._messages import number

from ._records import write_record
from ._takes_frames import is_of_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from anndata import AnnData


@dataclass(frozen=True)
class Result:
    """The fields of AnnData that a call writes under one key.

    A field is replaced if ``uns["scgsfm"][key]`` says that the same function wrote it; the log then names what was
    replaced. A field that exists otherwise belongs to the user or another package, and is never replaced.
    """

    function: str
    """The public function, such as ``"tl.score"``."""
    key: str
    """Key of the record in ``uns["scgsfm"]``."""
    fields: Mapping[str, Sequence[str]]
    """Names in ``obs``, ``obsm``, …, that the log lists."""
    replaced: str
    """What an earlier call of the function wrote, for the log; empty if there is nothing."""
    is_returned: bool = False
    """Whether the result is returned as a table, since a table was given."""

    @classmethod
    def check(
        cls,
        adata: AnnData,
        function: str,
        key: str,
        *,
        fields: Mapping[str, Sequence[str]] | None = None,
        also: Mapping[str, Sequence[str]] | None = None,
        **more: Sequence[str],
    ) -> Result:
        """Check that a call may write ``fields``, before any work is done.

        Parameters
        ----------
        adata
            The data.
        function, key
            See the attributes.
        fields, **more
            Names by the attribute of AnnData, such as ``obsm=["score_aucell"]``.
        also
            Further fields that the call may write, which the log does not list.

        Raises
        ------
        ValueError
            If one of the fields exists and ``function`` did not write it.
        """
        shown = {**(fields or {}), **more}
        places = [(where, name) for part in (shown, also or {}) for where, names in part.items() for name in names]
        existing = [f"`{_label(where)}[{name!r}]`" for where, name in places if name in _container(adata, where)]
        record = adata.uns.get(_keys.UNS, {}).get(key)
        # records of earlier versions have no function; they are those of the function that uses the key by default
        writer = None if record is None else record.get("function", function)
        if writer not in (None, function):
            existing = [f"`uns[{_keys.UNS!r}][{key!r}]`, the record of `scgsfm.{writer}`,"]
        if existing and writer != function:
            verb, was = ("exist", "were") if len(existing) > 1 else ("exists", "was")
            msg = (
                f"{' and '.join(existing)} {verb} and {was} not written by `scgsfm.{function}`, so that it is not "
                f"replaced. Set `key_added` to another name to keep it, or delete it first."
            )
            raise ValueError(msg)
        return cls(
            function, key, shown, _described(record) if existing and record is not None else "", is_of_frame(adata)
        )

    @property
    def is_replaced(self) -> bool:
        """Whether an earlier result is replaced."""
        return bool(self.replaced)

    def write_record(self, adata: AnnData, record: Mapping[str, Any]) -> None:
        """Write how the result was made to ``uns["scgsfm"]``."""
        write_record(adata, self.key, {"function": self.function, **record})


def log_results(results: Sequence[Result], *details: str) -> None:
    """Log one line: what was added or replaced, where, and the details that are not empty."""
    parts = [f"computed {_joined([repr(result.key) for result in results])}"] if results[0].is_returned else []
    for verb, chosen in (
        ("added", [result for result in results if not result.is_replaced]),
        ("replaced", [result for result in results if result.is_replaced]),
    ):
        by_place: dict[str, list[str]] = {}
        for result in chosen:
            for where, names in result.fields.items():
                if names:
                    by_place.setdefault(_label(where), []).extend(map(repr, names))
        if by_place and not results[0].is_returned:
            to = "to" if verb == "added" else "in"
            parts.append(f"{verb} {' and '.join(f'{_joined(names)} {to} .{at}' for at, names in by_place.items())}")
    before = dict.fromkeys(result.replaced for result in results if result.is_replaced)
    shown = [detail for detail in (*details, *(f"before: {each}" for each in before)) if detail]
    logger.info("%s%s", " and ".join(parts), f" ({'; '.join(shown)})" if shown else "")


def _container(adata: AnnData, where: str) -> Any:
    """``obs``, ``obsm``, …, of which only the names are used; ``raw.var`` is written as ``raw_var``."""
    return adata.raw.var if where == "raw_var" else getattr(adata, where)


def _label(where: str) -> str:
    return where.replace("_", ".")


def _joined(names: Sequence[str], n: int = 4) -> str:
    return ", ".join(names[:n]) + (f" and {len(names) - n} more" if len(names) > n else "")


def _described(record: Mapping[str, Any]) -> str:
    """What a record is about: the gene sets and the model."""
    parts = []
    for source in ("gene_sets", "markers", "library"):
        info = record.get(source)
        if isinstance(info, dict | pd.Series) and (name := info.get("name") or info.get("source")):
            parts.append(str(name))
    if "set_names" in record:
        parts.append(number(len(record["set_names"]), "set"))
    if "model" in record and not parts:
        parts.append(str(record["model"]))
    return ", ".join(parts) or "an earlier result"
