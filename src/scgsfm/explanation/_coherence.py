"""How coherent a gene set is, and which of its genes fit the others."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, vstack

from scgsfm._vocabulary import N_SPECIALS
from scgsfm.genesets import GeneSets

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scgsfm.completion import GeneSetModel

FOLDS, CORE_FOLDS = 10, 5
MIN_GENES = 3
"""Smallest set that is assessed."""
MAX_GENES = 200
"""Of larger sets, the first genes are assessed."""
LIBRARIES = ("reactome", "hallmark")
"""Libraries whose shared terms are evidence that genes belong together. They exclude those of the Gene Ontology."""
MAX_TERM = 200
"""Larger terms say little about pairs of genes and are not used."""
BATCH = 512
_CLIP = (-1.0, 6.0)
_FOLDER = files("scgsfm") / "data" / "explanation"


class Coherence(NamedTuple):
    """How coherent a gene set is."""

    score: float
    """Log odds that the set has a common function, before calibration."""
    pvalue: float
    """Share of random sets of the same size and popularity with an equal or higher score."""
    membership: np.ndarray
    """Probability of each gene that it belongs to the common function."""
    core: np.ndarray
    """Whether each gene belongs to the core."""

    @property
    def is_coherent(self) -> bool:
        """Whether the set is more coherent than 95 % of random sets."""
        return self.pvalue < 0.05


class Calibration(NamedTuple):
    """Numbers fitted to a model by ``training/fit_coherence.py``."""

    fingerprint: str
    mean: np.ndarray
    """Mean logit of each gene over sets of a single gene."""
    std: np.ndarray
    set_weights: np.ndarray
    """Intercept and weights of the set features."""
    gene_weights: np.ndarray
    null_mean: np.ndarray
    """Coefficients of the expected score of random sets."""
    null_std: np.ndarray
    null_residuals: np.ndarray
    """Standardized residuals of random sets, ascending."""


class SetFeatures(NamedTuple):
    """Features of a set and of its genes."""

    of_set: np.ndarray
    of_genes: np.ndarray


@cache
def load_calibration() -> Calibration:
    """The calibration of the embedded model ``gsfm-base``."""
    numbers = json.loads((_FOLDER / "coherence.json").read_text(encoding="utf-8"))
    with (_FOLDER / "coherence.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
        mean, std = (stored[name].astype(np.float32) for name in ("mean", "std"))
    return Calibration(
        numbers.pop("fingerprint"), mean, std, **{key: np.array(value) for key, value in numbers.items()}
    )


@dataclass(frozen=True)
class CoherenceModel:
    r"""Assesses gene sets by a gene-set model and by the terms that their genes share.

    Three kinds of evidence are combined by logistic regression: the popularity-corrected logits of each gene from every
    other gene alone, from the other genes together (by cross-validation), and from the best half of the set, the core;
    and shared terms of Reactome and Hallmark. The regressions were fitted to sets of the Gene Ontology in which none,
    half or all genes were replaced. The score of a set is compared with that of random sets of the same size and mean
    popularity.
    """

    model: GeneSetModel
    calibration: Calibration

    @classmethod
    def of(cls, model: GeneSetModel) -> CoherenceModel:
        """The assessment by a model.

        Parameters
        ----------
        model
            The model. For other models than ``gsfm-base``, the logits are standardized anew; the fitted numbers are
            those of ``gsfm-base``.
        """
        calibration = load_calibration()
        if model.fingerprint != calibration.fingerprint:
            mean, std = reference_logits(model)
            calibration = calibration._replace(fingerprint=model.fingerprint, mean=mean, std=std)
        return cls(model, calibration)

    @cached_property
    def _terms(self) -> csr_array:
        """Terms × vocabulary, weighted such that small terms count more."""
        vocabulary = np.asarray(self.model.genes, dtype=object)
        parts = []
        for library in LIBRARIES:
            membership = GeneSets(library).membership(vocabulary)
            sizes = np.diff(membership.indptr)
            membership = membership[(sizes >= 2) & (sizes <= MAX_TERM)]
            membership.data[:] = np.repeat(np.log1p(np.diff(membership.indptr)) ** -0.5, np.diff(membership.indptr))
            parts.append(membership)
        return csr_array(vstack(parts), dtype=np.float32)

    def assess(self, sets: Sequence[np.ndarray]) -> list[Coherence | None]:
        """Assess sets of genes, given as positions in the vocabulary; ``None`` for sets with fewer than 3 genes."""
        found: list[Coherence | None] = []
        for tokens, features in zip(sets, self.features(sets), strict=True):
            found.append(None if features is None else self._coherence(tokens, features))
        return found

    def _coherence(self, tokens: np.ndarray, features: SetFeatures) -> Coherence:
        weights = self.calibration.gene_weights
        membership = 1 / (1 + np.exp(-(weights[0] + features.of_genes @ weights[1:])))
        score = float(self.set_score(features.of_set))
        core = membership >= 0.5
        if core.sum() < 2:  # a core needs two genes to share something
            core = np.zeros(len(core), bool)
        return Coherence(score, self.pvalue(score, tokens), membership, core)

    def set_score(self, of_set: np.ndarray) -> Any:
        """Log odds of sets by their features."""
        weights = self.calibration.set_weights
        return weights[0] + of_set @ weights[1:]

    def pvalue(self, score: float, tokens: np.ndarray) -> float:
        """Share of random sets of the same size and mean popularity with an equal or higher score."""
        calibration = self.calibration
        covariates = null_covariates(len(tokens), float(calibration.mean[tokens].mean()))
        residual = (score - covariates @ calibration.null_mean) / np.exp(covariates @ calibration.null_std)
        null = calibration.null_residuals
        n_higher = len(null) - np.searchsorted(null, residual, side="left")
        return float((n_higher + 1) / (len(null) + 1))

    def features(self, sets: Sequence[np.ndarray]) -> Iterator[SetFeatures | None]:
        """Features of sets; ``None`` for sets with fewer than 3 genes."""
        for tokens in sets:
            yield self._features(np.asarray(tokens)) if len(tokens) >= MIN_GENES else None

    def _features(self, tokens: np.ndarray) -> SetFeatures:
        n = len(tokens)
        affinity = self.zscores(tokens[:, None])[:, tokens]
        affinity = (affinity + affinity.T) / 2
        np.fill_diagonal(affinity, 0)
        clipped = np.clip(affinity, *_CLIP)
        neighbors = np.sort(clipped - 99 * np.eye(n), axis=1)[:, ::-1]
        near = neighbors[:, : max(1, n // 3)].mean(axis=1)
        shared = self._terms[:, tokens]
        shared = np.asarray((shared.T @ shared).todense())
        np.fill_diagonal(shared, 0)
        rest = self._held_out(tokens, np.arange(n), FOLDS)
        half = max(2, n // 2)
        first = self._held_out(tokens, np.argsort(-near, kind="stable")[:half], CORE_FOLDS)
        fit = near + first + 0.5 * np.minimum(shared.sum(axis=1), 4)
        core = np.argsort(-fit, kind="stable")[:half]
        second = self._held_out(tokens, core, CORE_FOLDS)
        value, vector = (part[..., -1] for part in np.linalg.eigh(clipped))
        pairs = np.sort(clipped[np.triu_indices(n, 1)])[::-1]
        together = np.log1p(shared.sum(axis=1))
        of_set = [
            *(rest.mean(), _best_half(rest), first.mean(), _best_half(first), _best_half(second), _best_half(near)),
            *(pairs[: max(1, len(pairs) // 5)].mean(), pairs.mean() * np.sqrt(len(pairs)), value / np.sqrt(n)),
            *(_best_half(together), np.log1p(shared.mean()), np.log(n), pairs[0]),
            np.sort(near)[::-1][: max(2, n // 4)].mean(),
        ]
        n_others = half - np.isin(np.arange(n), core)
        of_genes = [
            *(near, clipped.sum(axis=1) / (n - 1), clipped @ np.abs(vector) / np.sqrt(n), neighbors[:, 0]),
            *(rest, first, second, together, np.log1p(shared[:, core].sum(axis=1))),
            *(clipped[:, core].sum(axis=1) / np.maximum(n_others, 1), np.full(n, np.log(n))),
        ]
        return SetFeatures(np.array(of_set), np.stack(of_genes, axis=1))

    def _held_out(self, tokens: np.ndarray, chosen: np.ndarray, folds: int) -> np.ndarray:
        """Logits of all genes from the chosen ones; chosen genes are predicted from those of the other folds."""
        fold = np.arange(len(chosen)) % min(folds, len(chosen))
        # the order of the genes, which is often by significance, must not decide on the folds
        chosen = np.random.default_rng(len(tokens)).permutation(chosen)
        queries = [tokens[chosen[fold != k]] for k in range(fold.max() + 1)]
        logits = self.zscores([*queries, tokens[chosen]])[:, tokens]
        values = logits[-1].copy()
        for k in range(len(queries)):
            values[chosen[fold == k]] = logits[k, chosen[fold == k]]
        return np.asarray(values)

    def zscores(self, queries: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
        """Logits of all genes for each query, standardized by gene and then by query."""
        parts = []
        for start in range(0, len(queries), BATCH):
            logits = self.model.logits(as_rows(queries[start : start + BATCH], len(self.model.genes)))
            logits = (logits - self.calibration.mean) / self.calibration.std
            genes = logits[:, N_SPECIALS:]
            parts.append((logits - genes.mean(axis=1, keepdims=True)) / genes.std(axis=1, keepdims=True))
        return np.concatenate(parts)


def as_rows(queries: Sequence[np.ndarray] | np.ndarray, n_genes: int) -> csr_array:
    """Queries × vocabulary: ones."""
    columns = np.concatenate([np.sort(query) for query in queries])
    indptr = np.cumsum([0, *map(len, queries)])
    return csr_array((np.ones(len(columns), np.float32), columns, indptr), shape=(len(queries), n_genes))


def reference_logits(model: GeneSetModel, n: int = 1024) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the logits of each gene over sets of a single gene, spread over the vocabulary."""
    n_genes = len(model.genes)
    chosen = np.unique(np.linspace(N_SPECIALS, n_genes - 1, min(n_genes - N_SPECIALS, n)).astype(np.int64))
    logits = model.logits(as_rows(chosen[:, None], n_genes))
    return logits.mean(axis=0), np.maximum(logits.std(axis=0), np.finfo(np.float32).tiny)


def null_covariates(n: int, popularity: float) -> np.ndarray:
    """What the score of a random set depends on."""
    size = np.log(n)
    return np.array([1, size, size**2, popularity, popularity * size])


def _best_half(values: np.ndarray) -> float:
    return float(np.sort(values)[::-1][: max(2, len(values) // 2)].mean())
