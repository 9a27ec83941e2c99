"""Signature indexes by name: the one in the package, installed ones, files and tables."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from scgsfm._bounded_files import to_numbers
from scgsfm._messages import did_you_mean, listing
from scgsfm._unfinished import version_of
from scgsfm.settings import settings

from ._compound_names import plain_spelling
from ._compounds import load_compounds
from ._read_signatures import read_signatures
from ._signature_index import COLUMNS, SignatureIndex

BUNDLED = "bundled"
BUNDLED_FILE = Path(__file__).parents[1] / "data" / "drugs" / "lincs_consensus.npz"
"""Consensus signatures of LINCS L1000, the only source that may be redistributed."""


def signature_folder() -> Path:
    """Directory of the indexes that :func:`~scgsfm.drugs.update_signatures` wrote."""
    return settings.cache_dir / "drugs"


def installed_signatures() -> dict[str, Path]:
    """Files of the indexes in the cache directory, by name.

    Examples
    --------
    >>> from scgsfm.drugs import installed_signatures
    >>> isinstance(installed_signatures(), dict)
    True
    """
    return {path.stem: path for path in sorted(signature_folder().glob("*.npz")) if not path.name.startswith(".")}


def open_signatures(index: str | os.PathLike[str] | pd.DataFrame | SignatureIndex = BUNDLED) -> SignatureIndex:
    """Open an index of signatures.

    Parameters
    ----------
    index
        ``"bundled"``, the name of an index that ``scgsfm update drugs`` built, its file, or a table with a row for each
        gene of each signature: columns ``compound``, ``gene`` and ``weight`` (or ``direction``, ``"up"`` or ``"down"``),
        and optionally ``signature``, ``cell``, ``dose``, ``time``, ``study`` and ``source``.

    Raises
    ------
    FileNotFoundError
        If there is no such index. The message lists those that there are.
    ValueError
        If a file or a table is not an index.

    Examples
    --------
    >>> from scgsfm.drugs import open_signatures
    >>> open_signatures()
    SignatureIndex 'bundled': 1,116 signatures of 1,100 compounds
    """
    if isinstance(index, SignatureIndex):
        return index
    if isinstance(index, pd.DataFrame):
        return signatures_of_table(index)
    if not isinstance(index, str | os.PathLike):
        msg = f"`index` is a {type(index).__name__}, but must be a name, a file or a table of signatures."
        raise TypeError(msg)
    path = _path(os.fspath(index))
    return _read(path, version_of(path))


def _path(chosen: str) -> Path:
    if chosen == BUNDLED:
        return BUNDLED_FILE
    if chosen.endswith(".npz") or "/" in chosen or os.sep in chosen:
        path = Path(chosen).expanduser()
        if not path.is_file():
            msg = f"`index` is {chosen!r}, but there is no such file."
            raise FileNotFoundError(msg)
        return path
    installed = installed_signatures()
    if chosen not in installed:
        there = listing([*installed, BUNDLED], 20)
        msg = (
            f"There is no index of signatures {chosen!r}; there is {there}.{did_you_mean(chosen, [*installed, BUNDLED])} "
            "`scgsfm update drugs` builds one from GMT files."
        )
        raise FileNotFoundError(msg)
    return installed[chosen]


@lru_cache(maxsize=2)
def _read(path: Path, _version: tuple[int, ...]) -> SignatureIndex:
    return read_signatures(path)


def signatures_of_table(table: pd.DataFrame, name: str = "table") -> SignatureIndex:
    """An index from a long table, see :func:`open_signatures`."""
    from scipy.sparse import csr_matrix

    missing = [column for column in ("compound", "gene") if column not in table]
    if "weight" not in table and "direction" not in table:
        missing.append("weight")
    if missing:
        msg = f"`index` is a table without the columns {', '.join(missing)}; it has: {listing(list(map(str, table)), 20)}."
        raise ValueError(msg)
    if "weight" in table:
        weight = to_numbers(table["weight"]).to_numpy(np.float64)
    else:
        direction = table["direction"].astype(str).str.lower()
        weight = direction.map({"up": 1.0, "down": -1.0, "dn": -1.0}).to_numpy(np.float64)
    if not np.isfinite(weight).all():
        msg = f"`index` has {int((~np.isfinite(weight)).sum()):,} rows without a direction: use numbers, or 'up' and 'down'."
        raise ValueError(msg)
    rows = pd.DataFrame({c: table[c].fillna("").astype(str) if c in table else "" for c in COLUMNS}, index=table.index)
    rows["source"] = rows["source"].where(rows["source"] != "", name)
    known = [column for column in COLUMNS if column not in {"inchikey", "drugbank"}]
    code = rows.groupby(known, sort=False).ngroup().to_numpy()
    signatures = rows.iloc[np.unique(code, return_index=True)[1]].reset_index(drop=True)
    genes, columns = np.unique(table["gene"].astype(str).to_numpy(dtype=str), return_inverse=True)
    weights = csr_matrix((weight, (code, columns)), shape=(len(signatures), len(genes)))
    weights.eliminate_zeros()
    about = {"title": "a table", "version": "", "licence": "that of the table", "url": "", "citation": ""}
    return identified(
        SignatureIndex(name, signatures, genes.astype(object), weights, dict.fromkeys(rows["source"], about))
    )


def identified(index: SignatureIndex) -> SignatureIndex:
    """The index with the names and ids of known compounds, where they are missing."""
    known = load_compounds()
    keys = [known.key(name) for name in index.signatures["compound"]]
    table = index.signatures.assign(
        compound=[
            known.names.get(key, plain_spelling(name))
            for key, name in zip(keys, index.signatures["compound"], strict=True)
        ]
    )
    for column, ids in (("inchikey", known.inchikeys), ("drugbank", known.drugbank)):
        table[column] = [given or ids.get(key, "") for given, key in zip(table[column], keys, strict=True)]
    return SignatureIndex(index.name, table, index.genes, index.weights, index.sources)
