"""Results of other functions about the same groups of cells: cell types, comparisons of conditions, motifs."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from scgsfm import _keys
from scgsfm._messages import check_choice, listing

if TYPE_CHECKING:
    from anndata import AnnData

REFERENCE = "the reference condition"
"""What texts call the reference before its name is added."""


class Kind(NamedTuple):
    """A kind of evidence."""

    function: str
    """The function that writes the table."""
    key: str
    """Its default key in ``uns``."""
    group: str
    """Column with the groups of cells."""
    columns: frozenset[str]
    """Columns that are needed."""


KINDS = {
    "annotation": Kind(
        "tl.annotate", _keys.ANNOTATION, "group", frozenset({"group", "cell_type", "assigned", "probability"})
    ),
    "comparison": Kind(
        "tl.compare",
        _keys.COMPARE,
        "cell_type",
        frozenset({"cell_type", "set", "condition", "reference", "standardized_effect", "t", "df", "pvalue", "padj"}),
    ),
    "motifs": Kind(
        "tl.motif_activity",
        _keys.MOTIF_ACTIVITY,
        "group",
        frozenset({"group", "motif", "name", "family", "z", "padj"}),
    ),
}


@dataclass(frozen=True)
class Evidence:
    """Tables about groups of cells, by kind."""

    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    """Version of the gene sets or motifs of each table."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """Names of the conditions, by what the texts call them before the names are added."""

    @classmethod
    def of(cls, adata: AnnData, groupby: str, groups: Sequence[str], chosen: Any = None) -> Evidence:
        """The tables in ``uns`` that were computed for the same groups, or those that are chosen.

        Parameters
        ----------
        adata
            The cells.
        groupby
            Column with the groups.
        groups
            Their names.
        chosen
            Kinds, or a dict from kinds to keys in ``uns`` or tables; ``None`` for those that are present.
        """
        asked = _asked(chosen)
        tables, versions = {}, {}
        for kind, given in asked.items():
            table, record = _table(adata, kind, given, groupby)
            flaw = _missing(kind, given, groupby) if table is None else _flaw(kind, table, groups)
            if table is None or flaw:
                if chosen is None:
                    continue
                raise ValueError(flaw)
            tables[kind] = table
            versions[kind] = _version(kind, record)
        conditions: dict[str, str] = {}
        if "comparison" in tables:
            tables["comparison"], conditions = without_names(tables["comparison"])
        return cls(tables, versions, conditions)

    def about(self, group: str) -> Evidence:
        """The rows about a group, without its name."""
        found = {}
        for kind, table in self.tables.items():
            column = KINDS[kind].group
            rows = table[table[column].astype(str) == group]
            if len(rows):
                found[kind] = rows.drop(columns=column).reset_index(drop=True)
        return replace(self, tables=found, conditions={})


def _asked(chosen: Any) -> dict[str, Any]:
    """Kinds, each with a key, a table, or ``None`` for the default key."""
    if chosen is None:
        return dict.fromkeys(KINDS)
    if isinstance(chosen, str):
        chosen = [chosen]
    if not isinstance(chosen, Mapping | Sequence | set | frozenset):
        msg = f"`evidence` must be kinds ({listing(list(KINDS))}) or a dict from kinds to keys or tables, but is {chosen!r}."
        raise TypeError(msg)
    for kind in chosen:
        check_choice("evidence", kind, tuple(KINDS))
    return {kind: chosen[kind] if isinstance(chosen, Mapping) else None for kind in KINDS if kind in set(chosen)}


def _table(adata: AnnData, kind: str, given: Any, groupby: str) -> tuple[pd.DataFrame | None, dict[str, Any]]:
    """The table and its record; ``None`` if there is none for these groups."""
    if isinstance(given, pd.DataFrame):
        return given, {}
    key = KINDS[kind].key if given is None else given
    if not isinstance(key, str):
        msg = f"`evidence[{kind!r}]` must be a key in `uns` or a table, but is a {type(key).__name__}."
        raise TypeError(msg)
    record, table = adata.uns.get(_keys.UNS, {}).get(key, {}), adata.uns.get(key)
    is_of_groups = (record.get("groupby") or record.get("params", {}).get("groupby")) == groupby
    is_written = record.get("function", KINDS[kind].function) == KINDS[kind].function
    return (table if is_of_groups and is_written and isinstance(table, pd.DataFrame) else None), record


def _missing(kind: str, given: Any, groupby: str) -> str:
    key = KINDS[kind].key if given is None else given
    return (
        f"`evidence` has {kind!r}, but `uns[{key!r}]` is not a result of `{KINDS[kind].function}` for {groupby!r}: run "
        f"`scgsfm.{KINDS[kind].function}` with these groups, or leave {kind!r} out."
    )


def _flaw(kind: str, table: pd.DataFrame, groups: Sequence[str]) -> str:
    """Why a table cannot be used: columns are missing, or it has none of the groups."""
    if missing := sorted(KINDS[kind].columns - set(table)):
        return (
            f"The table of `evidence[{kind!r}]` has no column {listing(missing)}: use that of `{KINDS[kind].function}`."
        )
    found = table[KINDS[kind].group].astype(str)
    if found.isin(list(groups)).any():
        return ""
    has = listing(found.unique().tolist())
    return f"The table of `evidence[{kind!r}]` has none of the groups {listing(list(groups))}, but {has}."


def _version(kind: str, record: Mapping[str, Any]) -> str:
    """Name and version of the gene sets or motifs of a table."""
    about = record.get({"comparison": "gene_sets", "motifs": "motifs"}.get(kind, ""), {})
    name, version = (str(about.get(key) or "") for key in ("name", "version"))
    return name if version in name else f"{name} {version}".strip()


def without_names(table: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """A comparison in which conditions are called by letters, and their names."""
    names = list(dict.fromkeys(table["condition"].astype(str)))
    called = {name: f"condition {_letters(i)}" for i, name in enumerate(names)}
    reference = str(table["reference"].iloc[0])
    table = table.assign(condition=table["condition"].astype(str).map(called), reference=REFERENCE)
    return table, {REFERENCE: reference} | {letter: name for name, letter in called.items()}


def _letters(i: int) -> str:
    """``"A"`` to ``"Z"``, ``"AA"`` and so on."""
    rest, last = divmod(i, 26)
    return (_letters(rest - 1) if rest else "") + string.ascii_uppercase[last]
