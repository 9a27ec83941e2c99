"""Named gene sets from any source."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from scgsfm._checks_types import checks_types
from scgsfm._html import html_table
from scgsfm._messages import check_choice, did_you_mean

from ._from_frame import parse_frame
from ._from_memory import is_regulon, parse_dict, parse_regulons, parse_series
from ._gmt import read_file, write_gmt
from ._library import has_file_form, is_embedded, is_file_name, is_library_name, read_library, unknown_library
from ._membership import membership
from ._normalize import GeneSetArrays, ParsedGeneSets, normalize, take_sets
from ._union import unite
from ._up_down import join_pairs
from ._url import is_url, read_url

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array


class GeneSets(Mapping[str, list[str]]):
    """Named gene sets with optional signed weights, from any common source.

    An immutable mapping from set name to genes. Repairs made while reading (see the page on gene sets) are reported in
    one :class:`~scgsfm.errors.GeneSetWarning` per source, with line numbers. ``a | b`` has the sets of both; of sets
    with the same name and other genes, the later one is called ``name (2)``, with a warning.

    Parameters
    ----------
    source
        One of

        - a file or its URL (``.gmt``, ``.json``, plain or gzipped);
        - the name of a library (embedded: see :func:`scgsfm.datasets.libraries`; Enrichr or MSigDB: downloaded);
        - a dict from set name to genes or to ``{gene: weight}``, or a Series of lists;
        - a long table with the columns ``source``, ``target`` and, optionally, ``weight`` as in decoupler, or a wide
          table with a column of gene names for each set;
        - regulons of pySCENIC: objects with ``name`` and ``gene2weight``;
        - another ``GeneSets``, or a list of the above.

        An entry that joins several genes (``"CD19, CD79A"``) is split, with a warning. ``"CD3E-"`` is a gene with
        weight -1 and ``"CD79A+"`` one with weight 1, unless the name with its sign is a gene.
    join_up_down
        Whether to join each pair of sets ``NAME_UP`` and ``NAME_DN`` (or ``NAME_DOWN``) into the set ``NAME``, in which
        the genes of the latter have negative weights.
    on_error
        Whether to leave out bad sets and genes with a warning (``"warn"``), or to raise at the first (``"raise"``).

    Raises
    ------
    FileNotFoundError
        The file does not exist.
    DownloadError
        The file or library could not be downloaded.
    TypeError
        The source is a list of genes or another object without set names.
    ValueError
        The source is ambiguous or unknown: another format, no sets, an unknown library.

    Examples
    --------
    >>> from scgsfm import GeneSets
    >>> sets = GeneSets({"T": ["CD3D", "CD3E"], "B": {"MS4A1": 2.0, "CD79A": 1.0, "CD3E": -1.0}})
    >>> sets["T"], sets.weights("B").tolist(), sets.signed
    (['CD3D', 'CD3E'], [2.0, 1.0, -1.0], True)
    >>> GeneSets({"B": ["CD79A+", "CD3E-"]}).to_dict()
    {'B': {'CD79A': 1.0, 'CD3E': -1.0}}
    >>> len(GeneSets("hallmark") | GeneSets("pbmc_markers"))
    62
    """

    __slots__ = ("_arrays", "_index", "_info")

    _arrays: GeneSetArrays
    _info: dict[str, str]
    _index: dict[str, int]

    @checks_types
    def __init__(
        self, source: GeneSetsLike, *, join_up_down: bool = False, on_error: Literal["warn", "raise"] = "warn"
    ) -> None:
        check_choice("on_error", on_error, ("warn", "raise"))
        arrays, info = _read(source, on_error)
        self._fill(join_pairs(arrays) if join_up_down else arrays, info)

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

    def __or__(self, other: GeneSetsLike) -> GeneSets:
        return _united(self, other)

    def __ror__(self, other: GeneSetsLike) -> GeneSets:
        return _united(other, self)

    def __repr__(self) -> str:
        sizes = self.sizes
        kind = " signed" if self.signed else " weighted" if self.weighted else ""
        about = [self._info[key] for key in ("source", "version", "licence") if key in self._info]
        return (
            f"GeneSets: {len(self):,}{kind} sets of {sizes.min():,}–{sizes.max():,} genes "
            f"(median {np.median(sizes):g}; {len(self.genes):,} genes in all)\n{', '.join(about)}"
        )

    def _repr_html_(self) -> str:
        """The first sets, for notebooks."""
        rows = [(name, f"{len(self[name]):,}", ", ".join(map(str, self[name][:8]))) for name in self.names[:10]]
        more = f" The first {len(rows)} are shown." if len(self) > len(rows) else ""
        return html_table(("set", "genes", "first genes"), rows, caption=f"{self!r}{more}")

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

    @checks_types
    def filter(self, *, min_genes: int = 1, max_genes: float | None = None) -> GeneSets:
        """The sets with ``min_genes`` to ``max_genes`` genes (inclusive)."""
        sizes = self.sizes
        fits = (sizes >= min_genes) & (sizes <= (np.inf if max_genes is None else max_genes))
        return self._take(np.flatnonzero(fits).tolist())

    def membership(self, genes: Iterable[str]) -> csr_array:
        """Weights of the sets over a gene index (sparse float64, sets × ``genes``).

        Names that occur in ``genes`` are used unchanged; only the others are translated (other symbols, Ensembl and
        Entrez ids, mouse orthologs). If two names of a set mean the same gene, it counts once, with the weight of the
        name in ``genes``, then of the approved symbol, then of the first name. If ``genes`` repeats a name, the first
        occurrence is used.

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
        return _filled(take_sets(self._arrays, sets), self._info)


_OneSource: TypeAlias = (
    GeneSets
    | Mapping[str, Iterable[str] | Mapping[str, float] | pd.Series]
    | pd.DataFrame
    | pd.Series
    | str
    | os.PathLike[str]
)
GeneSetsLike: TypeAlias = _OneSource | Sequence[_OneSource]
"""Everything that :class:`GeneSets` accepts: gene sets, a dict, a table, a file, the name of a library, or several."""


def read_library_sets(name: str) -> GeneSets:
    """The gene sets of the library ``name``, even if there is a file with this name."""
    if not isinstance(name, str):
        msg = f"`name` is a {type(name).__name__}, but must be the name of one library. GeneSets reads several."
        raise TypeError(msg)
    return _filled(*read_library(name))


def _filled(arrays: GeneSetArrays, info: Mapping[str, str]) -> GeneSets:
    sets = GeneSets.__new__(GeneSets)
    sets._fill(arrays, info)
    return sets


def _united(first: GeneSetsLike, second: GeneSetsLike) -> GeneSets:
    return _filled(*unite([_read(first, "warn"), _read(second, "warn")]))


def _read(source: Any, on_error: Literal["warn", "raise"]) -> tuple[GeneSetArrays, dict[str, str]]:
    """Gene sets of any source, and their origin."""
    if isinstance(source, GeneSets):
        return source._arrays, source._info
    if isinstance(source, str) and is_url(source):
        return read_url(source, on_error), {"source": source}
    if isinstance(source, str) and (is_embedded(source) or not is_file_name(source)):
        return read_library(source)
    if isinstance(source, list | tuple) and not is_regulon(source) and (several := _several(source)):
        return unite([_read(item, on_error) for item in several])
    parsed, name = _parse(source, on_error)
    arrays = normalize(parsed)
    parsed.report.warn()
    return arrays, {"source": name}


def _parse(source: Any, on_error: Literal["warn", "raise"]) -> tuple[ParsedGeneSets, str]:
    """Parsed gene sets of a single source, and what it is."""
    if isinstance(source, str | os.PathLike):
        return read_file(source, on_error), os.fspath(source)
    if isinstance(source, np.ndarray) and source.dtype.names:
        source = pd.DataFrame(source)
    elif hasattr(source, "to_pandas"):
        source = source.to_pandas()
    if isinstance(source, pd.DataFrame):
        return parse_frame(source, on_error), "DataFrame"
    if isinstance(source, pd.Series):
        return parse_series(source, on_error), "Series"
    if isinstance(source, Mapping):
        return parse_dict(source, on_error), "dict"
    regulons = [source] if is_regulon(source) else list(source) if isinstance(source, list | tuple | set) else []
    if regulons and all(map(is_regulon, regulons)):
        return parse_regulons(regulons, on_error), "regulons"
    msg = (
        f"gene_sets: a {type(source).__name__} has no set names. "
        "Give {'my set': [genes]}, a DataFrame (source, target, weight), a GMT file, its URL or the name of a library."
    )
    raise TypeError(msg)


def _several(items: Sequence[Any]) -> Sequence[Any]:
    """The sources in a list; empty for a list of genes or of other objects."""
    names = [item for item in items if isinstance(item, str)]
    sources = (GeneSets, Mapping, pd.DataFrame, pd.Series, os.PathLike)
    if not items or not all(isinstance(item, (str, *sources)) for item in items):
        return ()
    certain = [name for name in names if is_url(name) or is_embedded(name) or has_file_form(name)]
    other = [name for name in names if name not in certain and not is_library_name(name)]
    if len(names) == len(items) and other and not certain:
        return ()
    if other:
        raise ValueError(unknown_library(other[0]))
    return items
