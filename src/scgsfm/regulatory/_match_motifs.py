"""Which peaks contain which motifs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import csr_array

from scgsfm._messages import check_choice, random_generator
from scgsfm._progress import progress_over

from ._explanation import shuffled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scgsfm.motifs import Hits, Motifs

BLOCK = 5000
"""Number of sequences whose hits are in memory at a time."""
N_SHUFFLES = 2
MAX_NAMES = 5
"""Number of factors that are named for a family, those with the most sites."""


@dataclass(frozen=True, eq=False)
class MotifMatches:
    """The motifs of each peak.

    Parameters
    ----------
    sites
        Peaks × motifs or families (float64). 1 where a peak has a site, or the effect of its sites.
    motifs
        Ids of the motifs, or names of the families.
    names
        Names of the factors of each; of a family, those with the most sites.
    families
        Family of each.
    """

    sites: csr_array
    motifs: list[str]
    names: list[str]
    families: list[str]

    @property
    def labels(self) -> list[str]:
        """Families, or ids with the names of the factors."""
        pairs = zip(self.motifs, self.names, self.families, strict=True)
        return [motif if motif == family else f"{motif}_{name}" for motif, name, family in pairs]

    @property
    def n_found(self) -> np.ndarray:
        """Number of peaks with a site of each."""
        return np.bincount(self.sites.indices, minlength=self.sites.shape[1])

    def found_in(self, min_peaks: int) -> MotifMatches:
        """Those with a site in at least ``min_peaks`` peaks.

        Raises
        ------
        ValueError
            If there are none.
        """
        kept = np.flatnonzero(self.n_found >= min_peaks)
        if not len(kept):
            msg = f"No motif has a site in at least {min_peaks} of {self.sites.shape[0]:,} peaks: decrease `min_peaks`."
            raise ValueError(msg)
        lists = ([names[k] for k in kept] for names in (self.motifs, self.names, self.families))
        return MotifMatches(csr_array(self.sites[:, kept]), *lists)


def match_motifs(
    sequences: Sequence[str],
    motifs: Motifs,
    *,
    by: Literal["family", "motif"] = "family",
    p: float,
    predict: Callable[[list[str]], np.ndarray] | None = None,
    rng: int | np.random.Generator | None = 0,
) -> MotifMatches:
    """Find the motifs of sequences.

    Parameters
    ----------
    sequences
        One sequence for each peak.
    motifs
        The motifs.
    by
        Whether to count sites of any motif of a family, or of each motif.
    p
        Sites have a p-value below this, see :meth:`scgsfm.motifs.Motifs.scan`.
    predict
        A model of activity: sequences to activities. With it, the value of a motif in a peak is its effect: the
        prediction minus the mean prediction after all sites of the motif are shuffled.
    rng
        Seed or generator of the shuffles.
    """
    check_choice("by", by, ("family", "motif"))
    families, family = np.unique(motifs.families, return_inverse=True)
    column = family if by == "family" else np.arange(len(motifs))
    n_columns = len(families) if by == "family" else len(motifs)
    generator = random_generator(rng)
    parts = []
    n_hits = np.zeros(len(motifs), np.int64)
    starts = range(0, len(sequences), BLOCK)
    for first in progress_over(starts, total=len(starts), unit="blocks", description="Scanning"):
        block = list(sequences[first : first + BLOCK])
        hits = motifs.scan(block, p=p)
        n_hits += np.bincount(hits.motif, minlength=len(motifs))
        pairs = np.unique(hits.sequence.astype(np.int64) * n_columns + column[hits.motif])
        rows, columns = np.divmod(pairs, n_columns)
        values = np.ones(len(pairs))
        if predict is not None:
            values = _effects(block, hits, column, rows, columns, predict, generator)
        parts.append((values, rows + first, columns))
    values, rows, columns = (np.concatenate(each) for each in zip(*parts, strict=True))
    matrix = csr_array((values, (rows, columns)), shape=(len(sequences), n_columns))
    if by == "motif":
        return MotifMatches(matrix, list(motifs.ids), list(motifs.names), list(motifs.families))
    members: dict[str, list[str]] = {}
    for i in np.argsort(-n_hits, kind="stable").tolist():
        members.setdefault(motifs.families[i], []).append(motifs.names[i])
    names = [_first(list(dict.fromkeys(members[of]))) for of in families.tolist()]
    return MotifMatches(matrix, families.tolist(), names, families.tolist())


def _first(names: Sequence[str]) -> str:
    rest = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + rest


def _effects(
    sequences: list[str],
    hits: Hits,
    column: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    predict: Callable[[list[str]], np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """The effect of the sites of each pair of a sequence and a motif."""
    sites: dict[tuple[int, int], list[tuple[int, int]]] = {}
    of = column[hits.motif].tolist()
    for sequence, motif, start, end in zip(
        hits.sequence.tolist(), of, hits.start.tolist(), hits.end.tolist(), strict=True
    ):
        sites.setdefault((sequence, motif), []).append((start, end))
    changed = []
    for pair in zip(rows.tolist(), columns.tolist(), strict=True):
        for _ in range(N_SHUFFLES):
            text = sequences[pair[0]]
            for start, end in _merged(sites[pair]):
                text = shuffled(text, start, end, rng)
            changed.append(text)
    given = sorted(set(rows.tolist()))
    predicted = np.asarray(predict([sequences[i] for i in given] + changed), np.float64)
    before = dict(zip(given, predicted[: len(given)].tolist(), strict=True))
    after = predicted[len(given) :].reshape(-1, N_SHUFFLES).mean(axis=1)
    return np.asarray([before[row] for row in rows.tolist()] - after)


def _merged(intervals: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Overlapping intervals joined: families have motifs of similar sites."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined
