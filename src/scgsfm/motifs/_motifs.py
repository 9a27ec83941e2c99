"""Motifs of transcription factors, and where sequences hold them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scgsfm.dna import encode

from ._read_motifs import JASPAR_ID, Draft, read_motifs

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

P = 5e-5
"""p-value below which a window is a hit on a card (Duan et al. 2026)."""
UNIFORM = (0.25, 0.25, 0.25, 0.25)
PSEUDOCOUNT = 0.1
"""Sites added to each column in the proportions of the background, as in FIMO (Grant et al. 2011)."""
PER_BIT = 100
"""Scores are whole numbers of hundredths of a bit."""
LARGEST_P = 0.01
AT_A_TIME, LEAST_AT_A_TIME = 2000, 100
"""Sequences of a block at most, and at least where there are more of them."""
EMBEDDED = ("jaspar2026", "jaspar2024")
_DATA = files("scgsfm") / "data" / "motifs"


@dataclass(frozen=True, eq=False)
class Hits:
    """Windows that match a motif: arrays of one length, ordered by sequence, start, motif and strand.

    Places are 0-based and half-open on the given strand: the hit is ``sequence[start:end]``, reversed and complemented
    for ``strand`` -1. ``score`` is the log-odds score in bits, ``p`` the probability of as good a window in random
    sequence.
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

    def __getitem__(self, chosen: Any) -> Hits:
        return Hits(*(getattr(self, field.name)[chosen] for field in fields(self)))


class _Scores(NamedTuple):
    """Motifs as whole numbers, each twice: as it is and for the other strand."""

    deficits: np.ndarray
    starts: np.ndarray
    highest: np.ndarray


class _Search(NamedTuple):
    """What the search for hits below a p-value needs besides."""

    limits: np.ndarray
    offsets: np.ndarray
    others: np.ndarray
    seeds: tuple[np.ndarray, ...]
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
        Names of the factors; several motifs may share one.
    families, classes
        Families and classes of the factors. A motif without a family is a family of its own, by its name.
    counts
        Matrices behind each other (columns × A, C, G, T).
    starts
        Where each matrix begins and ends.
    info
        Name, version, licence and source.
    """

    ids: list[str]
    names: list[str]
    families: list[str]
    classes: list[str]
    counts: np.ndarray
    starts: np.ndarray
    info: dict[str, str] = field(default_factory=dict)
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False)

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
            msg = f"No motifs called {name!r} are in the package: there are {', '.join(catalogue)}."
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
    def read(cls, path: str | os.PathLike[str]) -> Motifs:
        """Motifs of a MEME, JASPAR or TRANSFAC file, plain or gzipped.

        Probabilities stand for as many sites as the file says, or 20. Families are those of the file (TRANSFAC); motifs
        with an id of JASPAR have the family that the embedded release gives, in any version of the matrix.
        """
        drafts = read_motifs(path)
        ids = [draft.id for draft in drafts]
        if len(set(ids)) < len(ids):
            twice = next(id_ for i, id_ in enumerate(ids) if id_ in ids[:i])
            msg = f"{path}: the motif {twice} occurs more than once; ids must be unique."
            raise ValueError(msg)
        families, classes = zip(*_families(drafts), strict=True)
        return cls(
            ids,
            [_plain(draft.name) for draft in drafts],
            [_plain(family or draft.name) for family, draft in zip(families, drafts, strict=True)],
            [_plain(class_) for class_ in classes],
            np.concatenate([draft.counts for draft in drafts]),
            np.cumsum([0, *(len(draft.counts) for draft in drafts)], dtype=np.int64),
            {"name": str(path)},
        )

    def scan(self, sequences: Sequence[str], *, p: float = P, background: Sequence[float] = UNIFORM) -> Hits:
        """Find all windows of both strands whose score has a p-value below ``p``.

        Scores are log-odds in bits, in hundredths; their p-values are exact for these. Windows with an N never match.

        Parameters
        ----------
        sequences
            In upper or lower case, of any length.
        p
            Hits have a p-value below this, at most 0.01.
        background
            Probabilities of A, C, G and T in random sequence; those of the two strands are averaged.

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

        def hits(letters: np.ndarray, ends: np.ndarray) -> np.ndarray:
            more = search.limits, search.offsets, search.others, *search.seeds
            return scan_motifs(letters, ends, scores.deficits, scores.starts, *more)

        parts = []
        for first, found in self._by_blocks(sequences, hits):
            found[:, 0] += first
            parts.append(found[np.lexsort((found[:, 1], found[:, 2], found[:, 0]))])
        sequence, oriented, start, lack = np.concatenate([*parts, np.empty((0, 4), np.int32)]).T
        return Hits(
            sequence=sequence.copy(),
            motif=oriented // 2,
            start=start.copy(),
            end=start + np.diff(scores.starts)[oriented].astype(np.int32),
            strand=np.where(oriented % 2, -1, 1).astype(np.int8),
            score=((scores.highest[oriented // 2] - lack) / PER_BIT).astype(np.float32),
            p=search.tails[search.tail_starts[oriented // 2] + lack],
        )

    def best(self, sequences: Sequence[str], *, background: Sequence[float] = UNIFORM) -> np.ndarray:
        """Best score of each motif in each sequence, on either strand.

        Parameters
        ----------
        sequences
            In upper or lower case, of any length.
        background
            Probabilities of A, C, G and T in random sequence; those of the two strands are averaged.

        Returns
        -------
        Log-odds scores in bits (float32, sequences × motifs); the lowest that the motif can have where no window is
        free of N.
        """
        from scgsfm.kernels import best_motifs, motif_tables

        scores = self._scores(background)
        most = np.add.reduceat(scores.deficits[:, :4].max(axis=1), scores.starts[:-1])[::2]
        out = np.empty((len(sequences), len(self)), np.float32)
        key = (*_symmetric(background), "tables")
        if key not in self._kept:
            self._kept[key] = motif_tables(scores.deficits, scores.starts)
        more = (*self._kept[key], 2)
        task = lambda letters, ends: best_motifs(letters, ends, *more)
        for first, lack in self._by_blocks(sequences, task):
            out[first : first + len(lack)] = (scores.highest - np.minimum(lack, most)) / PER_BIT
        return out

    def _by_blocks(
        self, sequences: Sequence[str], task: Callable[[np.ndarray, np.ndarray], np.ndarray]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The number of the first sequence of each block and what becomes of it, a block a core at a time."""
        from numba import config

        sequences = list(sequences) if not isinstance(sequences, str) else sequences
        n_threads = config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
        at_a_time = min(AT_A_TIME, max(LEAST_AT_A_TIME, -(-len(sequences) // n_threads)))
        starts = range(0, len(sequences), at_a_time)
        with ThreadPoolExecutor(n_threads) as pool:
            yield from zip(starts, pool.map(lambda i: task(*encode(sequences[i : i + at_a_time])), starts), strict=True)

    def _scores(self, background: Sequence[float]) -> _Scores:
        from scgsfm.kernels import NEVER

        shares = _symmetric(background)
        key = tuple(shares)
        if key not in self._kept:
            totals = self.counts.sum(axis=1, keepdims=True)
            odds = (self.counts + PSEUDOCOUNT * shares) / (totals + PSEUDOCOUNT) / shares
            scores = np.rint(PER_BIT * np.log2(odds)).astype(np.int32)
            highest = scores.max(axis=1)
            deficits = np.full((len(scores), 5), NEVER, np.int32)
            deficits[:, :4] = highest[:, None] - scores
            each = np.split(deficits, self.starts[1:-1])
            both = [part for one in each for part in (one, one[::-1, [3, 2, 1, 0, 4]])]
            starts = np.cumsum([0, *map(len, both)], dtype=np.int64)
            self._kept[key] = _Scores(np.concatenate(both), starts, np.add.reduceat(highest, self.starts[:-1]))
        return self._kept[key]

    def _search(self, background: Sequence[float], p: float) -> _Search:
        from scgsfm.kernels import SEED, motif_seeds, motif_tails

        shares = _symmetric(background)
        key = (*shares, p)
        if key not in self._kept:
            deficits, starts, _ = self._scores(background)
            single = np.split(deficits, starts[1:-1])[::2]
            limits, tails, tail_starts = motif_tails(np.concatenate(single), self.starts, shares, p)
            limits = np.repeat(limits, 2)
            offsets, others = _plan(deficits, starts, SEED)
            found = motif_seeds(deficits, starts, limits, offsets)
            self._kept[key] = _Search(limits, offsets, others, found, tails, tail_starts)
        return self._kept[key]


def _plan(deficits: np.ndarray, starts: np.ndarray, n_letters: int) -> tuple[np.ndarray, np.ndarray]:
    """Where in each motif its most telling word lies, and its other columns, the most telling first."""
    telling = deficits[:, :4].sum(axis=1)
    offsets, others = np.zeros(len(starts) - 1, np.int64), np.zeros(len(deficits), np.int32)
    for i, (first, last) in enumerate(zip(starts[:-1], starts[1:], strict=True)):
        own = telling[first:last]
        if len(own) > n_letters:
            sums = np.convolve(own, np.ones(n_letters), "valid")
            at = offsets[i] = int(sums.argmax())
            rest = np.r_[0:at, at + n_letters : len(own)]
            others[first : first + len(rest)] = rest[np.argsort(-own[rest], kind="stable")]
    return offsets, others


def _symmetric(background: Sequence[float]) -> np.ndarray:
    """The background, the same on both strands."""
    shares = np.asarray(background, np.float64)
    if shares.shape != (4,) or not (shares > 0).all() or not np.isclose(shares.sum(), 1, atol=1e-3):
        msg = (
            f"`background` is {background!r}, but must be four probabilities above 0, of A, C, G and T, that sum to 1."
        )
        raise ValueError(msg)
    both = (shares + shares[::-1]) / 2
    return both / both.sum()


def _families(drafts: list[Draft]) -> list[tuple[str, str]]:
    """Family and class of each motif: of the file, else of the embedded motif with that id of JASPAR."""
    known: dict[str, tuple[str, str]] = {}
    if any(not draft.family and JASPAR_ID.fullmatch(draft.id) for draft in drafts):
        for name in reversed(EMBEDDED):
            motifs = Motifs.embedded(name)
            ids = (id_.partition(".")[0] for id_ in motifs.ids)
            known |= dict(zip(ids, zip(motifs.families, motifs.classes, strict=True), strict=True))
    nothing = "", ""
    return [
        (draft.family, draft.class_) if draft.family else known.get(draft.id.partition(".")[0], nothing)
        for draft in drafts
    ]


def _plain(text: str) -> str:
    """Names stand in one line of a card, and between its marks in that of a trace."""
    return " ".join(text.translate({ord("|"): "/", ord("["): "(", ord("]"): ")"}).split())
