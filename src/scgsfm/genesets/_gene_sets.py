"""Named gene sets from any source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd

from scgsfm._messages import did_you_mean

from ._from_memory import parse_dict, parse_frame
from ._gmt import read_file, write_gmt
from ._library import is_embedded, is_file_name, read_library
from ._membership import membership
from ._normalize import GeneSetArrays, ParsedGeneSets, normalize, take_sets

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array


class GeneSets(Mapping[str, list[str]]):
    """Named gene sets with optional signed weights, from any common source.

    An immutable mapping from set name to genes. Repairs made while reading (see the page on gene sets) are reported in
    one :class:`~scgsfm.errors.GeneSetWarning` per source, with line numbers.

    Parameters
    ----------
    source
        A file (``.gmt``, ``.gmt.gz``, ``.json``), the name of a library (embedded: see
        :func:`scgsfm.datasets.libraries`; Enrichr or MSigDB: downloaded), a dict from set name to genes or to
        ``{gene: weight}``, a long table with the columns ``source``, ``target`` and, optionally, ``weight`` as in
        decoupler, or another ``GeneSets``.

    Raises
    ------
    FileNotFoundError
        The file does not exist.
    TypeError
        The source is a list of genes or another object without set names.
    ValueError
        The source is ambiguous or unknown: another format, a gene with two weights in one set, no sets, an unknown
        library.

    Examples
    --------
    >>> from scgsfm import GeneSets
    >>> sets = GeneSets({"T": ["CD3D", "CD3E"], "B": {"MS4A1": 2.0, "CD79A": 1.0, "CD3E": -1.0}})
    >>> sets["T"], sets.weights("B").tolist(), sets.signed
    (['CD3D', 'CD3E'], [2.0, 1.0, -1.0], True)
    >>> len(GeneSets("hallmark"))
    50
    """

    __slots__ = ("_arrays", "_index", "_info")

    _arrays: GeneSetArrays
    _info: dict[str, str]
    _index: dict[str, int]

    def __init__(self, source: GeneSetsLike) -> None:
        if isinstance(source, GeneSets):
            self._fill(source._arrays, source._info)
        elif isinstance(source, pd.DataFrame):
            self._read(parse_frame(source), {"source": "DataFrame"})
        elif isinstance(source, Mapping):
            self._read(parse_dict(source), {"source": "dict"})
        elif isinstance(source, str) and (is_embedded(source) or not is_file_name(source)):
            self._fill(*read_library(source))
        elif isinstance(source, str | os.PathLike):
            self._read(read_file(source), {"source": os.fspath(source)})
        else:
            msg = (
                f"gene_sets: a {type(source).__name__} has no set names. "
                "Give {'my set': [genes]}, a DataFrame (source, target, weight), a GMT file or the name of a library."
            )
            raise TypeError(msg)

    def _read(self, parsed: ParsedGeneSets, info: dict[str, str]) -> None:
        arrays = normalize(parsed)
        parsed.report.warn()
        self._fill(arrays, info)

    def _fill(self, arrays: GeneSetArrays, info: Mapping[str, str]) -> None:
        for array in (arrays.genes, arrays.indptr, arrays.codes, arrays.weights):
            if array is not None:
                array.flags.writeable = False
        self._arrays = arrays
        self._info = dict(info)
        self._index = {name: i for i, name in enumerate(arrays.names)}

    def __getitem__(self, name: str) -> list[str]:
        genes: list[str] = self._arrays.genes[self._arrays.codes[self._entries(name)]].tolist()
        return genes

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays.names)

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._arrays.names)

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
        return list(self._arrays.names)

    @property
    def genes(self) -> NDArray[np.object_]:
        """Unique gene names of all sets."""
        return self._arrays.genes

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of genes of each set."""
        return np.diff(self._arrays.indptr)

    @property
    def weighted(self) -> bool:
        """Whether any weight differs from 1."""
        return self._arrays.weights is not None

    @property
    def signed(self) -> bool:
        """Whether any weight is negative."""
        return self._arrays.weights is not None and bool((self._arrays.weights < 0).any())

    @property
    def info(self) -> dict[str, str]:
        """Origin of the sets: ``source`` and, for libraries, ``name``, ``version``, ``licence`` and ``url``."""
        return dict(self._info)

    def weights(self, name: str) -> NDArray[np.float64]:
        """Weights of the genes of set ``name``, in the order of ``sets[name]``; 1 if unweighted."""
        entries = self._entries(name)
        if self._arrays.weights is None:
            return np.ones(entries.stop - entries.start)
        return self._arrays.weights[entries].copy()

    def subset(self, names: str | Iterable[str]) -> GeneSets:
        """The sets called ``names``, in that order. An unknown name raises :class:`KeyError`."""
        chosen = [names] if isinstance(names, str) else list(dict.fromkeys(names))
        return self._take([self._position(name) for name in chosen])

    def filter(self, *, min_genes: int = 1, max_genes: int | None = None) -> GeneSets:
        """The sets with ``min_genes`` to ``max_genes`` genes (inclusive)."""
        sizes = self.sizes
        fits = (sizes >= min_genes) & (sizes <= (np.inf if max_genes is None else max_genes))
        return self._take(np.flatnonzero(fits).tolist())

    def membership(self, genes: Iterable[str]) -> csr_array:
        """Weights of the sets over a gene index (sparse float64, sets × ``genes``).

        Names that occur in ``genes`` are used unchanged; only the others are translated (other symbols, Ensembl and
        Entrez ids, mouse orthologs). If two names of a set mean the same gene, it counts once, with the weight of the
        name in ``genes``, or else of the first name. If ``genes`` repeats a name, one occurrence is used.

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
        return membership(self._arrays, genes)

    def to_gmt(self, path: str | os.PathLike[str]) -> None:
        """Write a GMT file, compressed if the path ends in ``.gz``. Weights are written as ``GENE,1.5``."""
        write_gmt(path, ((name, self[name], self.weights(name).tolist() if self.weighted else None) for name in self))

    def to_frame(self) -> pd.DataFrame:
        """A long table with the columns ``source``, ``target`` and ``weight``, as in decoupler."""
        arrays = self._arrays
        return pd.DataFrame(
            {
                "source": np.repeat(np.array(arrays.names, dtype=object), self.sizes),
                "target": arrays.genes[arrays.codes],
                "weight": np.ones(len(arrays.codes)) if arrays.weights is None else arrays.weights,
            }
        )

    def to_dict(self) -> dict[str, list[str]] | dict[str, dict[str, float]]:
        """A dict: name → genes or, if weighted, name → {gene: weight}."""
        if not self.weighted:
            return {name: self[name] for name in self}
        return {name: dict(zip(self[name], self.weights(name).tolist(), strict=True)) for name in self}

    def _position(self, name: str) -> int:
        if name not in self._index:
            hint = did_you_mean(str(name), self._arrays.names)
            msg = f"There is no set {name!r} among the {len(self):,} sets.{hint}"
            raise KeyError(msg)
        return self._index[name]

    def _entries(self, name: str) -> slice:
        i = self._position(name)
        return slice(int(self._arrays.indptr[i]), int(self._arrays.indptr[i + 1]))

    def _take(self, sets: Sequence[int]) -> GeneSets:
        if not sets:
            msg = f"None of the {len(self):,} sets remains. Relax the filter or choose other sets."
            raise ValueError(msg)
        chosen = GeneSets.__new__(GeneSets)
        chosen._fill(take_sets(self._arrays, sets), self._info)
        return chosen


GeneSetsLike: TypeAlias = (
    GeneSets | Mapping[str, Iterable[str] | Mapping[str, float] | pd.Series] | pd.DataFrame | str | os.PathLike[str]
)
"""Everything that :class:`GeneSets` accepts: gene sets, a dict, a long table, a file, or the name of a library."""


def read_library_sets(name: str) -> GeneSets:
    """The gene sets of the library ``name``, even if there is a file with this name."""
    sets = GeneSets.__new__(GeneSets)
    sets._fill(*read_library(name))
    return sets
