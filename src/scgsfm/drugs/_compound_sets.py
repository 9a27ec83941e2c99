"""Signatures of chosen compounds as signed gene sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean

from ._compounds import load_compounds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ._signature_index import SignatureIndex


def compound_sets(index: SignatureIndex, compounds: str | Iterable[str]) -> pd.DataFrame:
    """The mean signature of each compound, as a table of signed gene sets.

    Each signature is scaled to unit length, so that all count the same.

    Parameters
    ----------
    index
        Signatures.
    compounds
        Names or ids of compounds.

    Returns
    -------
    A table with the columns ``source`` (compound), ``target`` (gene) and ``weight``.

    Raises
    ------
    KeyError
        If a compound is not in the index. Similar names are suggested.

    Examples
    --------
    >>> from scgsfm.drugs import compound_sets, open_signatures
    >>> table = compound_sets(open_signatures(), ["vorinostat", "DB00188"])
    >>> table["source"].unique().tolist()
    ['vorinostat', 'bortezomib']
    """
    known, names = load_compounds(), index.signatures["compound"]
    keys = names.map({name: known.key(str(name)) for name in names.unique()}).to_numpy()
    given = [compounds] if isinstance(compounds, str) else list(compounds)
    if not given:
        msg = "`compounds` is empty: give names or ids of compounds."
        raise ValueError(msg)
    tables = {}
    for name in given:
        rows = np.flatnonzero(keys == known.key(str(name)))
        if not len(rows):
            msg = f"`compounds`: {name!r} is not in the index {index.name!r}.{did_you_mean(str(name), names.unique())}"
            raise KeyError(msg)
        weights = index.weights[rows]
        norms = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
        mean = np.asarray((weights.T @ (1 / np.maximum(norms, 1e-12))) / len(rows)).ravel()
        genes = np.flatnonzero(mean)
        label = str(names.iloc[rows[0]])
        tables[label] = pd.DataFrame({"source": label, "target": index.genes[genes], "weight": mean[genes]})
    return pd.concat(tables.values(), ignore_index=True)
