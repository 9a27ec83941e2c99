"""The class that holds gene sets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean

from ._gmt import read_file, read_gmt, read_json, write_gmt
from ._library import is_embedded, is_file_name, read_library
from ._membership import membership
from ._table import Draft, Table, assemble, take
from ._tables import draft_dict, draft_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array


class GeneSets(Mapping[str, list[str]]):
    """Named gene sets with optional signed weights, from any usual source.

    A mapping from set name to genes that cannot be changed. What was repaired while reading (see the page on gene
    sets) is told in one :class:`~scgsfm.errors.GeneSetWarning` for each source, with line numbers.

    Parameters
    ----------
    source
        A file (``.gmt``, ``.gmt.gz``, ``.json``), the name of a library (embedded: see
        :func:`scgsfm.datasets.libraries`; of Enrichr or MSigDB: downloaded), a dict from set name to genes or to
        ``{gene: weight}``, a long table with the columns ``source``, ``target`` and perhaps ``weight`` as decoupler
        uses, or other gene sets.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    TypeError
        The source is a plain list of genes or something else without set names.
    ValueError
        The source cannot be read without a guess: another format, a gene with two weights in one set, no set at all,
        an unknown library.

    Examples
    --------
    >>> from scgsfm import GeneSets
    >>> sets = GeneSets({"T": ["CD3D", "CD3E"], "B": {"MS4A1": 2.0, "CD79A": 1.0, "CD3E": -1.0}})
    >>> sets["T"], sets.weights("B").tolist(), sets.signed
    (['CD3D', 'CD3E'], [2.0, 1.0, -1.0], True)
    >>> len(GeneSets("hallmark"))
    50
    """

    __slots__ = ("_index", "_info", "_table")

    _table: Table
    _info: dict[str, str]
    _index: dict[str, int]

    def __init__(self, source: GeneSets | Mapping[Any, Any] | pd.DataFrame | str | os.PathLike[str]) -> None:
        if isinstance(source, GeneSets):
            self._fill(source._table, source._info)
        elif isinstance(source, pd.DataFrame):
            self._read(draft_frame(source), {"source": "DataFrame"})
        elif isinstance(source, Mapping):
            self._read(draft_dict(source), {"source": "dict"})
        elif isinstance(source, str) and (is_embedded(source) or not is_file_name(source)):
            self._fill(*read_library(source))
        elif isinstance(source, str | os.PathLike):
            self._read(read_file(source), {"source": os.fspath(source)})
        else:
            raise TypeError(
                f"gene_sets: a {type(source).__name__} has no set names. "
                "Give {'my set': [genes]}, a DataFrame (source, target, weight), a GMT file or the name of a library."
            )

    @classmethod
    def from_gmt(cls, path: str | os.PathLike[str]) -> Self:
        """Read a GMT file, plain or compressed, whatever its extension."""
        sets = cls.__new__(cls)
        sets._read(read_gmt(path), {"source": os.fspath(path)})
        return sets

    @classmethod
    def from_json(cls, path: str | os.PathLike[str]) -> Self:
        """Read a JSON object: name → genes, name → {gene: weight}, or the JSON of MSigDB."""
        sets = cls.__new__(cls)
        sets._read(read_json(path), {"source": os.fspath(path)})
        return sets

    @classmethod
    def from_dict(cls, sets: Mapping[Any, Any]) -> Self:
        """Take name → genes, or name → {gene: weight}."""
        made = cls.__new__(cls)
        made._read(draft_dict(sets), {"source": "dict"})
        return made

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> Self:
        """Take a long table with the columns ``source``, ``target`` and perhaps ``weight``."""
        sets = cls.__new__(cls)
        sets._read(draft_frame(frame), {"source": "DataFrame"})
        return sets

    @classmethod
    def from_library(cls, name: str) -> Self:
        """Load a library by its name; see :func:`scgsfm.datasets.library`."""
        sets = cls.__new__(cls)
        sets._fill(*read_library(name))
        return sets

    def _read(self, draft: Draft, info: dict[str, str]) -> None:
        table = assemble(draft)
        draft.repairs.tell()
        self._fill(table, info)

    def _fill(self, table: Table, info: Mapping[str, str]) -> None:
        for array in (table.genes, table.indptr, table.codes, table.weights):
            if array is not None:
                array.flags.writeable = False
        self._table = table
        self._info = dict(info)
        self._index = {name: i for i, name in enumerate(table.names)}

    def __getitem__(self, name: str) -> list[str]:
        return self._table.genes[self._table.codes[self._entries(name)]].tolist()

    def __iter__(self) -> Iterator[str]:
        return iter(self._table.names)

    def __len__(self) -> int:
        return len(self._table.names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GeneSets) and self.to_dict() == other.to_dict()

    def __repr__(self) -> str:
        sizes = self.sizes
        kind = " signed" if self.signed else " weighted" if self.weighted else ""
        about = [self._info[key] for key in ("source", "version", "licence") if key in self._info]
        return (
            f"GeneSets: {len(self):,}{kind} sets of {sizes.min():,}–{sizes.max():,} genes "
            f"(median {np.median(sizes):g}; {len(self.genes):,} genes in all)\n{', '.join(about)}"
        )

    @property
    def names(self) -> list[str]:
        """Set names, in order."""
        return list(self._table.names)

    @property
    def genes(self) -> NDArray[np.object_]:
        """Unique gene names over all sets."""
        return self._table.genes

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of genes of each set."""
        return np.diff(self._table.indptr)

    @property
    def weighted(self) -> bool:
        """Whether any weight differs from 1."""
        return self._table.weights is not None

    @property
    def signed(self) -> bool:
        """Whether any weight is negative."""
        return self._table.weights is not None and bool((self._table.weights < 0).any())

    @property
    def info(self) -> dict[str, str]:
        """Where the sets are from: ``source`` and, for libraries, ``name``, ``version``, ``licence`` and ``url``."""
        return dict(self._info)

    def weights(self, name: str) -> NDArray[np.float64]:
        """Weights of the genes of set ``name``, in the order of ``sets[name]``; 1 where there are none."""
        entries = self._entries(name)
        if self._table.weights is None:
            return np.ones(entries.stop - entries.start)
        return self._table.weights[entries].copy()

    def subset(self, names: str | Iterable[str]) -> GeneSets:
        """The sets called ``names``, in that order; an unknown name raises :class:`KeyError`."""
        chosen = [names] if isinstance(names, str) else list(dict.fromkeys(names))
        return self._take([self._position(name) for name in chosen])

    def filter(self, *, min_genes: int = 1, max_genes: int | None = None) -> GeneSets:
        """The sets with ``min_genes`` to ``max_genes`` genes, both included."""
        sizes = self.sizes
        fits = (sizes >= min_genes) & (sizes <= (np.inf if max_genes is None else max_genes))
        return self._take(np.flatnonzero(fits).tolist())

    def membership(self, genes: Iterable[str]) -> csr_array:
        """Weights of the sets over a gene index: sparse float64, sets × ``genes``.

        Names found in ``genes`` as they are stay as they are; only the others are translated (other symbols, Ensembl
        and Entrez ids, mouse orthologs). Where two names of a set turn out to be one gene it counts once, with the
        weight of the name that ``genes`` has, else of the first. Where ``genes`` repeats a name, one of them is used.

        Raises
        ------
        GeneMatchError
            No gene of any set is among ``genes``.

        Examples
        --------
        >>> from scgsfm import GeneSets
        >>> GeneSets({"T": ["CD3D", "CD3E"]}).membership(["CD3E", "ACTB", "CD3D"]).toarray().tolist()
        [[1.0, 0.0, 1.0]]
        """
        return membership(self._table, genes)

    def to_gmt(self, path: str | os.PathLike[str]) -> None:
        """Write a GMT file (compressed if it ends in ``.gz``); weights go into entries such as ``GENE,1.5``."""
        write_gmt(path, ((name, self[name], self.weights(name).tolist() if self.weighted else None) for name in self))

    def to_frame(self) -> pd.DataFrame:
        """A long table with the columns ``source``, ``target`` and ``weight``, as decoupler uses."""
        table = self._table
        return pd.DataFrame(
            {
                "source": np.repeat(np.array(table.names, dtype=object), self.sizes),
                "target": table.genes[table.codes],
                "weight": np.ones(len(table.codes)) if table.weights is None else table.weights,
            }
        )

    def to_dict(self) -> dict[str, list[str]] | dict[str, dict[str, float]]:
        """Name → genes; or, if there are weights, name → {gene: weight}."""
        if not self.weighted:
            return {name: self[name] for name in self}
        return {name: dict(zip(self[name], self.weights(name).tolist(), strict=True)) for name in self}

    def _position(self, name: str) -> int:
        if name not in self._index:
            hint = did_you_mean(str(name), self._table.names)
            raise KeyError(f"There is no set {name!r} among these {len(self):,} sets.{hint}")
        return self._index[name]

    def _entries(self, name: str) -> slice:
        i = self._position(name)
        return slice(int(self._table.indptr[i]), int(self._table.indptr[i + 1]))

    def _take(self, sets: Sequence[int]) -> GeneSets:
        if not sets:
            raise ValueError(f"No set is left of {len(self):,}. Widen the filter or name other sets.")
        chosen = GeneSets.__new__(GeneSets)
        chosen._fill(take(self._table, sets), self._info)
        return chosen
