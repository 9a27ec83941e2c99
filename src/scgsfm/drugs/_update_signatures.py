"""A user's own index, built from sets of genes that rise and fall."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._messages import listing, number

from ._compound_names import read_signature_name, without_direction
from ._open_signatures import BUNDLED, identified, signature_folder
from ._read_signatures import read_signatures, write_signatures
from ._signature_index import COLUMNS, SignatureIndex

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

MAX_GENES = 2**16
"""Genes of an index."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class InstalledSignatures(NamedTuple):
    """An index that was built."""

    name: str
    """The value of ``index`` that chooses it."""
    path: Path
    n_signatures: int
    n_compounds: int
    n_unpaired: int
    """Sets without a partner, which have only one direction."""


def update_signatures(
    up: Sequence[str | os.PathLike[str]] = (),
    down: Sequence[str | os.PathLike[str]] = (),
    both: Sequence[str | os.PathLike[str]] = (),
    *,
    name: str,
    source: Sequence[str] | None = None,
    version: str | None = None,
    licence: str = "that of the files; not checked",
) -> InstalledSignatures:
    """Build an index of signatures from GMT files, and install it in the cache directory.

    ``tl.drugs(…, index=name)`` uses it. Compound, cell line, dose and time are read from the names of the sets, as LINCS
    (``LJP005_A375_24H-alvocidib-10``), CMap (``metformin@MCF7#1e-05M_1``) and CREEDS (``tretinoin DB00755 mouse GSE31280
    sample 2829``) write them.

    Parameters
    ----------
    up, down
        Files of sets that rise, and files of sets that fall, in the same order. Sets with the same name form a signature.
        Genes that rise and fall are left out.
    both
        Files with both, whose sets end in ``-up`` and ``-dn``, ``_DOWN`` and the like. Sets with the same name are
        distinguished by their description.
    name
        Name of the index. An index of this name is replaced, once the new one is complete.
    source
        Name of the source of each file of ``up`` and of ``both``. Defaults to the names of the files.
    version, licence
        Version (default: the date) and license of the files, which are stored.

    Returns
    -------
    Name, file and counts.

    Raises
    ------
    ValueError
        If files do not match, or have no signatures.

    Examples
    --------
    >>> import scgsfm
    >>> built = scgsfm.drugs.update_signatures(["up.gmt"], ["down.gmt"], name="cmap")  # doctest: +SKIP
    """
    if not _NAME.fullmatch(name) or name == BUNDLED or name.endswith(".npz"):
        msg = f"`name` is {name!r}, but must consist of letters, digits, '.', '_' and '-', and not be 'bundled'."
        raise ValueError(msg)
    if len(up) != len(down):
        msg = f"`up` has {number(len(up), 'file')} and `down` has {len(down)}: give the same number, in the same order."
        raise ValueError(msg)
    if not up and not both:
        msg = "Give GMT files: `up` and `down`, or `both`."
        raise ValueError(msg)
    labels = list(source) if source is not None else [Path(file).name.split(".")[0] for file in [*up, *both]]
    if len(labels) != len(up) + len(both):
        msg = f"`source` has {number(len(labels), 'name')}, but the sources number {len(up) + len(both)}."
        raise ValueError(msg)
    pairs = [_pair_files(Path(a), Path(b)) for a, b in zip(up, down, strict=True)] + [_pair_sets(Path(f)) for f in both]
    about = {"version": version or str(date.today()), "licence": licence, "url": "", "citation": ""}
    index, n_unpaired = _index(name, dict(zip(labels, pairs, strict=True)), about)
    path = signature_folder() / f"{name}.npz"
    write_signatures(path, index)
    read_signatures(path)
    return InstalledSignatures(name, path, len(index), index.signatures["compound"].nunique(), n_unpaired)


def _pair_files(up: Path, down: Path) -> dict[str, tuple[list[str], list[str]]]:
    """Genes that rise and fall, by the name of the signature."""
    sides = [{without_direction(name): genes for name, genes in _sets(file).items()} for file in (up, down)]
    names = list(dict.fromkeys([*sides[0], *sides[1]]))
    pairs = {name: (sides[0].get(name, []), sides[1].get(name, [])) for name in names}
    if not any(rising and falling for rising, falling in pairs.values()):
        msg = f"{up} and {down} have no set of the same name, such as {listing(names, 2)}."
        raise ValueError(msg)
    return pairs


def _pair_sets(file: Path) -> dict[str, tuple[list[str], list[str]]]:
    pairs: dict[str, tuple[list[str], list[str]]] = {}
    for name, genes in _sets(file).items():
        stem, direction = _split(name)
        if stem is not None:
            pairs.setdefault(stem, ([], []))[direction].extend(genes)
    if not pairs:
        msg = f"{file} has no set whose name ends in -up, -dn or -down."
        raise ValueError(msg)
    return pairs


def _split(name: str) -> tuple[str | None, int]:
    """The name without its direction, and 0 for up and 1 for down."""
    own, _, described = name.partition("\t")
    stem = without_direction(own)
    if stem == own:
        return None, 0
    return (f"{stem}\t{described}" if described else stem), int(own[len(stem) + 1].lower() == "d")


def _sets(file: Path) -> dict[str, list[str]]:
    """Sets of a GMT file. Names that are repeated get their description after a tab."""
    import gzip

    rows = []
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        for line in lines:
            fields = line.rstrip("\r\n").split("\t")
            if len(fields) > 2:
                rows.append((fields[0], fields[1], [field.partition(",")[0] for field in fields[2:] if field]))
    if not rows:
        msg = f"{file} is not a GMT file: it has no line of a name, a description and genes, separated by tabs."
        raise ValueError(msg)
    repeated = pd.Series([row[0] for row in rows]).duplicated(keep=False).tolist()
    return {f"{n}\t{about}" if again else n: genes for (n, about, genes), again in zip(rows, repeated, strict=True)}


def _index(
    name: str, sources: dict[str, dict[str, tuple[list[str], list[str]]]], about: dict[str, str]
) -> tuple[SignatureIndex, int]:
    from scipy.sparse import csr_matrix

    from scgsfm.genes import resolve

    given = sorted({gene for pairs in sources.values() for sides in pairs.values() for side in sides for gene in side})
    resolved = resolve(given).symbols
    symbol = {gene: found or gene for gene, found in zip(given, resolved, strict=True)}
    genes, codes = np.unique(np.array([symbol[gene] for gene in given], dtype=str), return_inverse=True)
    if len(genes) > MAX_GENES:
        msg = f"The files have {len(genes):,} genes, but an index can have {MAX_GENES:,}."
        raise ValueError(msg)
    code = dict(zip(given, codes.tolist(), strict=True))
    rows, members, values, sizes, n_unpaired = [], [], [], [], 0
    for source, pairs in sources.items():
        for signature, (rising, falling) in pairs.items():
            up, down = {code[gene] for gene in rising}, {code[gene] for gene in falling}
            up, down = up - down, down - up
            if not up and not down:
                continue
            n_unpaired += not up or not down
            members += [*sorted(up), *sorted(down)]
            values += [1.0] * len(up) + [-1.0] * len(down)
            sizes.append(len(up) + len(down))
            own, _, described = signature.partition("\t")
            read = read_signature_name(own)
            label = f"{own} {described}".strip()
            rows.append((read.compound, "", "", read.cell, read.dose, read.time, read.study, label, source))
    weights = csr_matrix((values, members, np.concatenate([[0], np.cumsum(sizes)])), shape=(len(rows), len(genes)))
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    titled = {source: {"title": source, **about} for source in sources}
    return identified(SignatureIndex(name, table, genes.astype(object), weights, titled)), n_unpaired
