"""Compounds whose signatures mimic or reverse a profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from scgsfm._messages import check_at_least, check_choice
from scgsfm.errors import GeneMatchError

from ._compound_classes import compound_classes
from ._compounds import SOURCES, load_compounds
from ._profiles import check_shared, largest
from ._random_signatures import normal_scores, random_signatures
from ._scores import SCORES, score, shared_genes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from ._profiles import Profiles
    from ._signature_index import SignatureIndex, SourceMatrix

LEVELS = ("compound", "cell", "signature")
MIN_SIGNATURES = 3
"""Signatures of a source that must have enough genes."""
MIMICS, REVERSES = "mimics", "reverses"


@dataclass(frozen=True)
class RankingOptions:
    """Options of a ranking of compounds."""

    method: Literal["cosine", "connectivity", "agreement", "consensus"] = "cosine"
    by: Literal["compound", "cell", "signature"] = "compound"
    n_genes: int | None = 150
    min_genes: int = 10
    min_class: int = 3

    def __post_init__(self) -> None:
        check_choice("method", self.method, (*SCORES, "consensus"))
        check_choice("by", self.by, LEVELS)
        check_at_least("min_genes", self.min_genes, 2)
        check_at_least("min_class", self.min_class, 2)
        if self.n_genes is not None:
            check_at_least("n_genes", self.n_genes, 5, or_none="all")


class RankedCompounds(NamedTuple):
    """The result of a ranking."""

    table: pd.DataFrame
    classes: pd.DataFrame
    record: dict[str, Any]


class _Scored(NamedTuple):
    """Scores of the signatures of a source."""

    rows: np.ndarray
    raw: dict[str, np.ndarray]
    shared: np.ndarray
    z: np.ndarray
    n_genes: int


def rank_compounds(
    profiles: Profiles,
    index: SignatureIndex,
    options: RankingOptions,
    rng: np.random.Generator,
    *,
    measured: bool = True,
) -> RankedCompounds:
    """Rank compounds by the similarity of their signatures to profiles.

    Scores of each signature are standardized by random signatures of the same source, which have the same sizes and genes
    of the same popularity. The score of a compound is the sum of the z-scores of its signatures, divided by the length of
    the sum of the signatures as unit vectors, so that several similar signatures count as one.

    Parameters
    ----------
    profiles
        Signed profiles of genes.
    index
        Signatures.
    options
        Method and level.
    rng
        Random numbers.
    measured
        Whether the genes of the profiles are all that were measured; otherwise, all genes of a source were.
    """
    from scipy.stats import norm

    parts = []
    for source, matrix in index.by_source().items():
        scored = _score_source(profiles, matrix, options, rng, source, measured=measured)
        if scored is not None:
            parts.append(scored)
    if not parts:
        msg = "No signature shares enough genes with the data: human gene names are needed."
        raise GeneMatchError(msg)
    rows = np.concatenate([part.rows for part in parts])
    z = np.concatenate([part.z for part in parts], axis=1)
    raw = {name: np.concatenate([part.raw[name] for part in parts], axis=1) for name in SCORES}
    shared = np.concatenate([part.shared for part in parts], axis=1)
    used = index.take(rows)
    keys, members = _units(used, options.by)
    combined = _combined(z, used.weights, members)
    tables = []
    described = _described(used, keys, members)
    counts = np.asarray(members.sum(axis=1)).ravel()
    for i, group in enumerate(profiles.names):
        p = np.clip(2 * norm.sf(np.abs(combined[i])), 1e-300, 1)
        table = pd.DataFrame({"group": group, "compound": described["compound"], "score": combined[i]})
        table["direction"] = np.where(combined[i] >= 0, MIMICS, REVERSES)
        table["pvalue"], table["padj"] = p, _adjusted(p)
        for name, values in raw.items():
            table[name] = (members @ values[i]) / counts
        table["n_shared"] = np.rint((members @ shared[i]) / counts).astype(np.int64)
        table["n_signatures"] = counts.astype(np.int64)
        agree = np.asarray(members @ (z[i] > 0)).ravel()
        table["n_agreeing"] = np.where(combined[i] >= 0, agree, counts - agree).astype(np.int64)
        table = pd.concat([table, described.drop(columns="compound")], axis=1)
        tables.append(table.sort_values("pvalue", kind="stable", ignore_index=True))
    result = pd.concat(tables, ignore_index=True)
    classes = compound_classes(profiles.names, combined, keys, options.min_class)
    record = {
        "index": used.about(),
        "tables": SOURCES,
        "n_genes": {source: part.n_genes for source, part in zip(index.by_source(), parts, strict=False)},
    }
    return RankedCompounds(result, classes, record)


def _score_source(
    profiles: Profiles,
    matrix: SourceMatrix,
    options: RankingOptions,
    rng: np.random.Generator,
    source: str,
    *,
    measured: bool,
) -> _Scored | None:
    values, at = profiles.over(matrix.genes, default=not measured)
    values = largest(values, options.n_genes)
    if not check_shared(np.count_nonzero(values, axis=1).tolist(), source):
        return None
    weights = matrix.weights[:, at].tocsr()
    kept = np.flatnonzero(np.diff(weights.indptr) >= options.min_genes)
    if len(kept) < MIN_SIGNATURES:
        return None
    weights = weights[kept]
    weights.sort_indices()
    random = random_signatures(weights, rng)
    sizes = np.log(np.diff(weights.indptr))
    raw = {name: score(values, weights, name) for name in SCORES}
    names = SCORES if options.method == "consensus" else (options.method,)
    scored = [normal_scores(raw[name], sizes, score(values, random.weights, name), random) for name in names]
    z, null = (np.mean([pair[k] for pair in scored], axis=0) for k in (0, 1))
    if len(names) > 1:
        z, _ = normal_scores(z, sizes, null, random)
    same, opposite = shared_genes(values, weights)
    return _Scored(matrix.rows[kept], raw, same + opposite, z, len(at))


def _units(index: SignatureIndex, by: str) -> tuple[list[str], csr_matrix]:
    """Compounds of what is ranked, and which signatures belong to it (units × signatures)."""
    from scipy.sparse import csr_matrix

    compounds = load_compounds()
    keys = pd.Series([compounds.key(name) for name in index.signatures["compound"]])
    names = keys if by == "compound" else keys + "\t" + index.signatures["cell"]
    if by == "signature":
        names = pd.Series(range(len(keys)))
    codes, labels = pd.factorize(names)
    members = csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(len(labels), len(codes)))
    first = np.unique(codes, return_index=True)[1]
    return keys.iloc[first].tolist(), members


def _combined(z: np.ndarray, weights: csr_matrix, members: csr_matrix) -> np.ndarray:
    """z-scores of sums of the z-scores of several signatures, whose correlations are those of the signatures."""
    from scipy.sparse import diags_array

    norms = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1)).ravel())
    sums = members @ (diags_array(1 / np.maximum(norms, 1e-12)) @ weights)
    variance = np.asarray(sums.multiply(sums).sum(axis=1)).ravel()
    # the null distribution of opposite signatures would be that of no signature
    return np.asarray((members @ z.T).T / np.sqrt(np.maximum(variance, 1.0)))


def _described(index: SignatureIndex, keys: list[str], members: csr_matrix) -> pd.DataFrame:
    """What is known of each unit, as strings."""
    compounds, table = load_compounds(), index.signatures
    rows = [members.indices[members.indptr[i] : members.indptr[i + 1]] for i in range(members.shape[0])]
    described = {"compound": [table["compound"].iloc[row[0]] for row in rows]}
    for column in ("cell", "dose", "time", "source"):
        values = table[column].to_numpy()
        described[column] = [";".join(filter(None, dict.fromkeys(values[row]))) for row in rows]
    described["mechanism"] = [";".join(compounds.mechanisms.get(key, ())) for key in keys]
    described["targets"] = [";".join(compounds.targets.get(key, ())) for key in keys]
    for column in ("inchikey", "drugbank"):
        values = table[column].to_numpy()
        described[column] = [next((value for value in values[row] if value), "") for row in rows]
    return pd.DataFrame(described)


def _adjusted(p: np.ndarray) -> np.ndarray:
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p))
