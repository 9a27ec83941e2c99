"""Motifs of transcription factors, and scanning sequences for them."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scgsfm._checks_types import checks_types
from scgsfm.dna import encode

from ._motif_formats import JASPAR_ID, MotifRecord
from ._read_motifs import read_motifs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scgsfm.kernels import MotifSeeds

    from ._read_motifs import OnError

P = 5e-5
"""Windows with a p-value below this are hits on a card (Duan et al. 2026)."""
UNIFORM = (0.25, 0.25, 0.25, 0.25)
PSEUDOCOUNT = 0.1
"""Number of sites added to each column in proportion to the background, as in FIMO (Grant et al. 2011)."""
PER_BIT = 100
"""Scores are rounded to hundredths of a bit, so that sums, thresholds and p-values are exact integers of these."""
LARGEST_P = 0.01
MAX_BLOCK, MIN_BLOCK = 2000, 100
"""Largest and smallest number of sequences that a thread takes at a time."""
EMBEDDED = ("jaspar2026", "jaspar2024")
_DATA = files("scgsfm") / "data" / "motifs"


@dataclass(frozen=True, eq=False)
class Hits:
    """Windows that match a motif: arrays of one length, ordered by sequence, start, motif and strand.

    Positions are 0-based and half-open on the given strand: the hit is ``sequence[start:end]``, or its reverse
    complement for ``strand`` -1. ``score`` is the log-odds score in bits, ``p`` its p-value, see :meth:`Motifs.scan`.
    """

    sequence: np.ndarray
    motif: np.ndarray
    start: np.ndarray
    end: np.ndarray
    strand: np.ndarray
    score: np.ndarray
    p: np.ndarray

    def __len__(self) -> int:
        return len(self.sequence)

    def __getitem__(self, rows: Any) -> Hits:
        return Hits(*(getattr(self, field.name)[rows] for field in fields(self)))


class _Scores(NamedTuple):
    """Integer scores of motifs, each on both strands, as deficits to the best score of the column."""

    deficits: np.ndarray
    starts: np.ndarray
    highest: np.ndarray


class _Search(NamedTuple):
    """Thresholds, seeds and p-values for one p-value threshold."""

    limits: np.ndarray
    offsets: np.ndarray
    rest: np.ndarray
    seeds: MotifSeeds
    tails: np.ndarray
    tail_starts: np.ndarray


@dataclass(frozen=True, eq=False)
class Motifs:
    """Position frequency matrices with their names and families.

    Parameters
    ----------
    ids
        Unique ids, such as ``MA0114.5``.
    names
        Names of the factors, not necessarily unique.
    families, classes
        Families and classes of the factors. A motif without a family forms its own family, with its name.
    counts
        The matrices, concatenated (columns × A, C, G, T).
    starts
        Boundaries of the matrices.
    info
        Name, version, license and source.
    """

    ids: list[str]
    names: list[str]
    families: list[str]
    classes: list[str]
    counts: np.ndarray
    starts: np.ndarray
    info: dict[str, str] = field(default_factory=dict)
    _cache: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        about = " ".join(filter(None, (self.info.get("name"), self.info.get("version"))))
        return f"Motifs: {len(self)} of {len(set(self.families))} families{f' ({about})' if about else ''}"

    @classmethod
    def embedded(cls, name: str = "jaspar2026") -> Motifs:
        """JASPAR CORE vertebrates :cite:p:`Rauluseviciute2024`, ``"jaspar2026"`` or ``"jaspar2024"`` (CC BY 4.0)."""
        catalogue = json.loads((_DATA / "motifs.json").read_text(encoding="utf-8"))
        if name not in catalogue:
            msg = f"There are no embedded motifs {name!r}: give one of {', '.join(catalogue)}."
            raise ValueError(msg)
        with (_DATA / f"{name}.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
            texts = {key: stored[key].tobytes().decode().split("\n") for key in ("ids", "names", "families", "classes")}
            family, class_ = stored["family"], stored["class"]
            counts, widths = stored["counts"], stored["widths"]
        return cls(
            texts["ids"],
            texts["names"],
            [texts["families"][i] or name for i, name in zip(family, texts["names"], strict=True)],
            [texts["classes"][i] for i in class_],
            counts.astype(np.float64),
            np.concatenate([[0], np.cumsum(widths, dtype=np.int64)]),
            {"name": name} | catalogue[name],
        )

    @classmethod
    def read(cls, path: str | os.PathLike[str], *, on_error: OnError = "warn") -> Motifs:
        """Read motifs from a file, in the format that its content shows.

        Formats are MEME (also of DREME, STREME and RNA), TRANSFAC, JASPAR, HOMER, HOCOMOCO (counts or log-odds),
        GimmeMotifs, and a single matrix. Probabilities are multiplied by the number of sites in the file, or by 20.
        Families are taken from the file (TRANSFAC, HOMER), or, for motifs with a JASPAR id, from any version of the
        matrix in the embedded releases.

        Parameters
        ----------
        path
            The file, plain or gzipped.
        on_error
            What to do with motifs that can't be read: those without a matrix, of another shape than their header says,
            with a position of zeros, or with an id that occurred before. ``"warn"`` leaves them out with one warning
            that lists them; ``"raise"`` raises an error.
        """
        records = read_motifs(path, on_error=on_error)
        ids = [record.id for record in records]
        families, classes = zip(*_families(records), strict=True)
        return cls(
            ids,
            [_clean(record.name) for record in records],
            [_clean(family or record.name) for family, record in zip(families, records, strict=True)],
            [_clean(class_) for class_ in classes],
            np.concatenate([record.counts for record in records]),
            np.cumsum([0, *(len(record.counts) for record in records)], dtype=np.int64),
            {"name": str(path)},
        )

    @classmethod
    def of(cls, motifs: str | os.PathLike[str] | Motifs) -> Motifs:
        """Motifs by the name of an embedded release, from a file, or the motifs themselves."""
        if isinstance(motifs, str | os.PathLike):
            return cls.embedded(str(motifs)) if motifs in EMBEDDED else cls.read(motifs)
        if not isinstance(motifs, Motifs):
            msg = (
                f"`motifs` is a {type(motifs).__name__}, but must be the path of a motif file, one of "
                f"{', '.join(map(repr, EMBEDDED))}, or scgsfm.motifs.Motifs."
            )
            raise TypeError(msg)
        return motifs

    @checks_types
    def scan(self, sequences: Sequence[str], *, p: float = P, background: Sequence[float] = UNIFORM) -> Hits:
        r"""Find all windows on both strands whose score has a p-value below ``p``.

        The score of a window :math:`x_1 \dots x_w` is its log-odds in bits, rounded to hundredths in each column,

        .. math:: S(x) = \sum_{j=1}^{w} s_j(x_j), \qquad
            s_j(a) = \log_2 \frac{n_{ja} + \epsilon\, b_a}{(n_j + \epsilon)\, b_a},

        with counts :math:`n_{ja}` that sum to :math:`n_j`, background :math:`b` and pseudocount :math:`\epsilon = 0.1`.
        Its p-value is the probability of at least this score in a random sequence of independent bases. The
        distribution of the rounded scores is computed exactly, column by column :cite:p:`Grant2011`:

        .. math:: P_j(s) = \sum_{a} b_a\, P_{j-1}(s - s_j(a)), \qquad p(x) = \sum_{s \geq S(x)} P_w(s).

        Windows with an N never match.

        Parameters
        ----------
        sequences
            In upper or lower case, of any length.
        p
            Upper bound of the p-values of hits, at most 0.01.
        background
            Probabilities of A, C, G and T in random sequences; averaged over the two strands.

        Returns
        -------
        The hits, ordered by sequence, start, motif and strand.
        """
        from scgsfm.kernels import scan_motifs

        if not 0 < p <= LARGEST_P:
            msg = f"`p` is {p}, but must be above 0 and at most {LARGEST_P}."
            raise ValueError(msg)
        scores = self._scores(background)
        search = self._search(background, p)

        def hits(codes: np.ndarray, ends: np.ndarray) -> np.ndarray:
            found: np.ndarray = scan_motifs(
                codes, ends, scores.deficits, scores.starts, search.limits, search.offsets, search.rest, search.seeds
            )
            return found

        parts = []
        for first, found in self._by_blocks(sequences, hits):
            found[:, 0] += first
            parts.append(found[np.lexsort((found[:, 1], found[:, 2], found[:, 0]))])
        sequence, oriented, start, deficit = np.concatenate([*parts, np.empty((0, 4), np.int32)]).T
        return Hits(
            sequence=sequence.copy(),
            motif=oriented // 2,
            start=start.copy(),
            end=start + np.diff(scores.starts)[oriented].astype(np.int32),
            strand=np.where(oriented % 2, -1, 1).astype(np.int8),
            score=((scores.highest[oriented // 2] - deficit) / PER_BIT).astype(np.float32),
            p=search.tails[search.tail_starts[oriented // 2] + deficit],
        )

    def best(self, sequences: Sequence[str], *, background: Sequence[float] = UNIFORM) -> np.ndarray:
        """The best score of each motif in each sequence, over all windows of both strands.

        Scores are those of :meth:`scan`.

        Parameters
        ----------
        sequences
            In upper or lower case, of any length.
        background
            Probabilities of A, C, G and T in random sequences; averaged over the two strands.

        Returns
        -------
        Log-odds scores in bits (float32, sequences × motifs). Without a window free of N, it is the motif's lowest
        possible score.
        """
        from scgsfm.kernels import best_motifs, motif_tables

        scores = self._scores(background)
        largest = np.add.reduceat(scores.deficits[:, :4].max(axis=1), scores.starts[:-1])[::2]
        out = np.empty((len(sequences), len(self)), np.float32)
        key = (*_symmetric(background), "tables")
        if key not in self._cache:
            self._cache[key] = motif_tables(scores.deficits, scores.starts)
        tables = self._cache[key]
        task = lambda codes, ends: best_motifs(codes, ends, tables, 2)
        for first, deficit in self._by_blocks(sequences, task):
            out[first : first + len(deficit)] = (scores.highest - np.minimum(deficit, largest)) / PER_BIT
        return out

    @checks_types
    def substituted(self, sequence: str, *, p: float = P) -> tuple[np.ndarray, np.ndarray]:
        """The best score and the number of hits of each motif in all single-base variants of a sequence.

        They are those of :meth:`best` and :meth:`scan` for each variant, with a uniform background, but only the windows
        over the changed base are scored again.

        Parameters
        ----------
        sequence
            In upper or lower case, of A, C, G and T alone.
        p
            Upper bound of the p-values of hits, at most 0.01.

        Returns
        -------
        Scores in bits (float32) and numbers of hits (int32), each positions × 3 × motifs. The variants of a position have
        the bases one, two and three after its own in the order A, C, G, T, A, C, G.
        """
        from scgsfm.kernels import substituted_motifs

        scores, search = self._scores(UNIFORM), self._search(UNIFORM, p)
        largest = np.add.reduceat(scores.deficits[:, :4].max(axis=1), scores.starts[:-1])[::2]
        deficit, counts = substituted_motifs(encode([sequence])[0], scores.deficits, scores.starts, search.limits)
        best = scores.highest[:, None, None] - np.minimum(deficit, largest[:, None, None])
        scaled = np.divide(best, PER_BIT, dtype=np.float32)
        return scaled.transpose(1, 2, 0), counts.transpose(1, 2, 0)

    def _by_blocks(
        self, sequences: Sequence[str], task: Callable[[np.ndarray, np.ndarray], np.ndarray]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The first sequence of each block and the result of ``task``; kernels release the GIL, so threads suffice."""
        from numba import config

        sequences = list(sequences) if not isinstance(sequences, str) else sequences
        n_threads = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        block_size = min(MAX_BLOCK, max(MIN_BLOCK, -(-len(sequences) // n_threads)))
        starts = range(0, len(sequences), block_size)
        with ThreadPoolExecutor(n_threads) as pool:
            yield from zip(
                starts, pool.map(lambda i: task(*encode(sequences[i : i + block_size])), starts), strict=True
            )

    def _scores(self, background: Sequence[float]) -> _Scores:
        from scgsfm.kernels import NEVER

        b = _symmetric(background)
        key = tuple(b)
        if key not in self._cache:
            totals = self.counts.sum(axis=1, keepdims=True)
            odds = (self.counts + PSEUDOCOUNT * b) / (totals + PSEUDOCOUNT) / b
            scores = np.rint(PER_BIT * np.log2(odds)).astype(np.int32)
            highest = scores.max(axis=1)
            deficits = np.full((len(scores), 5), NEVER, np.int32)
            deficits[:, :4] = highest[:, None] - scores
            motifs = np.split(deficits, self.starts[1:-1])
            both = [part for motif in motifs for part in (motif, motif[::-1, [3, 2, 1, 0, 4]])]
            starts = np.cumsum([0, *map(len, both)], dtype=np.int64)
            self._cache[key] = _Scores(np.concatenate(both), starts, np.add.reduceat(highest, self.starts[:-1]))
        kept: _Scores = self._cache[key]
        return kept

    def _search(self, background: Sequence[float], p: float) -> _Search:
        from scgsfm.kernels import SEED, motif_seeds, motif_tails

        b = _symmetric(background)
        key = (*b, p)
        if key not in self._cache:
            deficits, starts, _ = self._scores(background)
            single = np.split(deficits, starts[1:-1])[::2]
            limits, tails, tail_starts = motif_tails(np.concatenate(single), self.starts, b, p)
            limits = np.repeat(limits, 2)
            offsets, rest = _seed_columns(deficits, starts, SEED)
            seeds = motif_seeds(deficits, starts, limits, offsets)
            self._cache[key] = _Search(limits, offsets, rest, seeds, tails, tail_starts)
        kept: _Search = self._cache[key]
        return kept


def _seed_columns(deficits: np.ndarray, starts: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """The start of the most informative ``width`` columns of each motif, and its other columns, most informative first.

    Most windows exceed the largest deficit of a hit after a few of these columns and are dropped.
    """
    information = deficits[:, :4].sum(axis=1)
    offsets, rest = np.zeros(len(starts) - 1, np.int64), np.zeros(len(deficits), np.int32)
    for i, (first, last) in enumerate(pairwise(starts.tolist())):
        columns = information[first:last]
        if len(columns) > width:
            at = offsets[i] = int(np.convolve(columns, np.ones(width), "valid").argmax())
            outside = np.r_[0:at, at + width : len(columns)]
            rest[first : first + len(outside)] = outside[np.argsort(-columns[outside], kind="stable")]
    return offsets, rest


def _symmetric(background: Sequence[float]) -> np.ndarray:
    """The background, averaged over the two strands."""
    b: np.ndarray = np.asarray(background, np.float64)
    if b.shape != (4,) or not (b > 0).all() or not np.isclose(b.sum(), 1, atol=1e-3):
        msg = (
            f"`background` is {background!r}, but must be four probabilities above 0, of A, C, G and T, that sum to 1."
        )
        raise ValueError(msg)
    both: np.ndarray = b + b[::-1]
    return np.asarray(both / 2 / (both / 2).sum())


def _families(records: list[MotifRecord]) -> list[tuple[str, str]]:
    """Family and class of each motif: from the file, else from the embedded motif with the same JASPAR id."""
    embedded: dict[str, tuple[str, str]] = {}
    if any(not record.family and JASPAR_ID.fullmatch(record.id) for record in records):
        for name in reversed(EMBEDDED):
            motifs = Motifs.embedded(name)
            ids = (id_.partition(".")[0] for id_ in motifs.ids)
            embedded |= dict(zip(ids, zip(motifs.families, motifs.classes, strict=True), strict=True))
    nothing = "", ""
    return [
        (record.family, record.class_) if record.family else embedded.get(record.id.partition(".")[0], nothing)
        for record in records
    ]


def _clean(text: str) -> str:
    """Remove what separates names on a card or in a trace: line breaks, ``|`` and brackets."""
    return " ".join(text.translate({ord("|"): "/", ord("["): "(", ord("]"): ")"}).split())
