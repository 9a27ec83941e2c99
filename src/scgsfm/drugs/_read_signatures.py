"""Files of signature indexes: written at once or not at all, read without pickle."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd

from scgsfm._unfinished import remove_stale

from ._signature_index import COLUMNS, SignatureIndex

FORMAT = 1
"""Newest format of files that is read."""


def write_signatures(path: Path, index: SignatureIndex) -> None:
    """Write an index to an ``.npz`` file whose bytes depend on its content alone; the file is replaced when it is complete."""
    weights = index.weights.tocsr()
    weights.sort_indices()
    about = {"format": FORMAT, "name": index.name, "sources": index.sources}
    arrays = {
        "about": _as_bytes(json.dumps(about, sort_keys=True)),
        "genes": _as_bytes("\n".join(index.genes)),
        "sizes": np.diff(weights.indptr).astype("<u4"),
        "members": weights.indices.astype("<u2"),
        "weights": weights.data.astype("<f2"),
    }
    for column in COLUMNS:
        values = index.signatures[column].astype(str)
        arrays[column] = _as_bytes("\n".join(values.str.replace(r"\s+", " ", regex=True)))
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_stale(path.parent, f".{path.name}.")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w") as file:
            for key, array in arrays.items():
                buffer = io.BytesIO()
                np.save(buffer, array, allow_pickle=False)
                file.writestr(zipfile.ZipInfo(f"{key}.npy"), buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_signatures(path: Path) -> SignatureIndex:
    """Read the file of an index.

    Raises
    ------
    ValueError
        If the file is not an index, is damaged, or was written by a later version of the package.
    """
    from scipy.sparse import csr_matrix

    try:
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes().decode())
            lines = {column: _lines(stored[column]) for column in (*COLUMNS, "genes")}
            genes = np.array(lines.pop("genes"), dtype=object)
            indptr = np.concatenate([[0], np.cumsum(stored["sizes"], dtype=np.int64)])
            members, weights = stored["members"].astype(np.int32), stored["weights"].astype(np.float64)
        is_newer = about["format"] > FORMAT
        table = pd.DataFrame(lines, columns=list(COLUMNS), dtype=object)
        matrix = csr_matrix((weights, members, indptr), shape=(len(table), len(genes)))
        index = SignatureIndex(str(about["name"]), table, genes, matrix, about["sources"])
    except (BadZipFile, KeyError, EOFError, TypeError, AttributeError, ValueError) as error:
        msg = f"{path} is not an index of signatures, or is damaged ({error}): `scgsfm update drugs` builds one."
        raise ValueError(msg) from error
    if is_newer:
        msg = f"{path} was written by a later version of scgsfm: update the package, or build the index again."
        raise ValueError(msg)
    return index


def _as_bytes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _lines(stored: np.ndarray) -> list[str]:
    return stored.tobytes().decode().split("\n")
