"""Encodings of genes and terms for :class:`Relations`: kernel regression, in a space of few dimensions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from scgsfm.phenotypes._predictor import parts, raw_log_odds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scipy import sparse

MIXTURE = {"embedding": 2.0, "text": 0.5, "sets": 0.5}
"""How much each kernel counts."""
WIDTH = 0.5
"""Of the kernel of embeddings: exp((cosine - 1) / WIDTH)."""
RIDGE = 10.0
N_NEAREST, PRIOR, NEAREST_SHARE = 60, 1.0, 0.4
"""Nearest genes by each kind of vectors, what the term's frequency counts among them, and how much all that counts."""
RANK = 128
"""Dimensions of the encodings."""
DAMPING = 0.25
"""Terms are weighted by this power of their inverse frequency before dimensions are reduced."""
LEAST_PAIRS = 1000
"""No knot of a curve of probabilities rests on fewer pairs."""
N_BLENDED = 400_000
"""Pairs that the parts of a prediction are weighted by."""
_REVEALING = re.compile(
    r"diseas|disord|syndrom|mutat|defici|patient|cancer|tumou?r|carcino|leuk[ae]?emi|lymphoma|phenotyp|defect|opath(y|ies)"
    r"|implicat|allel|autosom|inherit|congenit|loss of function|clinical|susceptib|abnormal|dystroph|malform|epilep"
    r"|deafness|blind|retard|disabilit|associated with|OMIM|pathogen|haploinsuff|individuals|families with|oncogen"
    r"|ataxia|anemia|dysplasia|itis\b|osis\b|emia\b",
    re.IGNORECASE,
)


def stripped(summary: str) -> str:
    """A summary of a gene without the sentences that speak of diseases."""
    sentences = re.split(r"(?<=[.;])\s+", summary)
    return " ".join(sentence for sentence in sentences if not _REVEALING.search(sentence))


def text_vectors(texts: Sequence[str]) -> sparse.csr_matrix:
    """Words and pairs of words of texts, weighted by rarity, at unit length."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        sublinear_tf=True, stop_words="english", ngram_range=(1, 2), min_df=2, dtype=np.float32
    )
    return vectorizer.fit_transform(texts)


def set_vectors(membership: sparse.csr_array) -> sparse.csr_matrix:
    """Genes × sets, weighted by rarity, at unit length."""
    from sklearn.feature_extraction.text import TfidfTransformer

    return TfidfTransformer().fit_transform(membership.astype(np.float32))


def unit(vectors: np.ndarray) -> np.ndarray:
    """Rows less their mean, at unit length; rows of zeros, which nothing is known of, stay."""
    there = np.any(vectors != 0, axis=1, keepdims=True)
    vectors = np.where(there, vectors - vectors[there[:, 0]].mean(axis=0), 0)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


class GeneSimilarity:
    """Likeness of genes by several kinds of vectors.

    Parameters
    ----------
    vectors
        Genes × features at unit length, dense or sparse, for each kind.
    """

    def __init__(self, vectors: Mapping[str, np.ndarray | sparse.csr_matrix]) -> None:
        self.vectors = vectors

    def cosines(self, kind: str, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Cosines of the vectors of two groups of genes."""
        product = self.vectors[kind][rows] @ self.vectors[kind][others].T
        return product if isinstance(product, np.ndarray) else product.toarray()

    def kernel(self, rows: np.ndarray, others: np.ndarray, mixture: Mapping[str, float] = MIXTURE) -> np.ndarray:
        """The sum of the kernels of two groups of genes."""
        total = np.zeros((len(rows), len(others)), np.float32)
        for kind, share in mixture.items():
            cosines = self.cosines(kind, rows, others)
            total += share * (np.exp((cosines - 1) / WIDTH) if kind == "embedding" else cosines)
        return total


def smoother(likeness: GeneSimilarity, train: np.ndarray, new: np.ndarray) -> np.ndarray:
    """How much each training gene counts for each new one, by regression and by neighbours: new × train."""
    weights = ridge(likeness.kernel(train, train), likeness.kernel(train, new))
    for kind in likeness.vectors:
        weights += NEAREST_SHARE * nearest(likeness.cosines(kind, new, train))
    return weights


def ridge(own: np.ndarray, cross: np.ndarray, penalty: float = RIDGE) -> np.ndarray:
    """Weights of kernel ridge regression, new × train, from the kernels train × train and train × new."""
    from scipy.linalg import cho_factor, cho_solve

    own = own + penalty * np.eye(len(own), dtype=own.dtype)
    return cho_solve(cho_factor(own, overwrite_a=True, check_finite=False), cross, check_finite=False).T


def nearest(cosines: np.ndarray, n: int = N_NEAREST) -> np.ndarray:
    """Weights of the nearest training genes by their cosines, new × train."""
    cosines = np.maximum(cosines, 0)
    first = np.argpartition(-cosines, n, axis=1)[:, :n]
    weights = np.zeros_like(cosines)
    np.put_along_axis(weights, first, np.take_along_axis(cosines, first, 1), 1)
    return weights / (weights.sum(axis=1, keepdims=True) + PRIOR)


def basis(labels: sparse.csr_array, *, rank: int = RANK) -> tuple[np.ndarray, np.ndarray]:
    """Frequency of each term, and directions in which genes depart from it: terms × dimensions."""
    from scipy.sparse.linalg import LinearOperator, svds

    frequency = np.asarray(labels.mean(axis=0)).ravel().astype(np.float32)
    weight = np.maximum(frequency, 1 / labels.shape[0]) ** -DAMPING
    labels = labels.astype(np.float32)
    turned = labels.T.tocsr()

    def forward(x: np.ndarray) -> np.ndarray:
        x = weight * x.ravel()
        return labels @ x - frequency @ x

    def back(y: np.ndarray) -> np.ndarray:
        y = y.ravel()
        return weight * (turned @ y - frequency * y.sum())

    centred = LinearOperator(labels.shape, matvec=forward, rmatvec=back, dtype=np.float32)
    start = np.random.default_rng(0).standard_normal(min(labels.shape)).astype(np.float32)
    *_, right = svds(centred, k=rank, v0=start)
    return frequency, right[::-1].T


def coordinates(
    labels: sparse.csr_array, frequency: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Genes by their own labels, and terms, in the space of :func:`basis`."""
    least = 1 / labels.shape[0]
    scale = np.maximum(frequency, least) ** DAMPING
    reduced = directions / scale[:, None]
    own = labels.astype(np.float32) @ reduced - frequency @ reduced
    return own, directions * (scale / np.sqrt(frequency + least))[:, None]


def encode(
    weights: np.ndarray, labels: sparse.csr_array, frequency: np.ndarray, directions: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Encodings of genes and of terms, whose products tell how far a gene departs from a term's frequency.

    Parameters
    ----------
    weights
        What :func:`smoother` gives: new genes × training genes.
    labels
        Training genes × terms.
    frequency, directions
        What :func:`basis` gives.

    Returns
    -------
    The encodings; products are in units of the root of the frequency.
    """
    own, terms = coordinates(labels, frequency, directions)
    return weights @ own, terms


def calibrate(
    strengths: Sequence[np.ndarray], frequency: np.ndarray, truth: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """From strengths to probabilities, over all pairs of genes that were held out and terms.

    Parameters
    ----------
    strengths
        Of one kind or more, each genes × terms.
    frequency
        Of each term.
    truth
        Genes × terms, whether annotated.
    rng
        Chooses the pairs for the logistic regression.

    Returns
    -------
    The weights of :func:`raw_log_odds`, by logistic regression, and knots of an isotonic curve from these to log odds.
    """
    from scipy.optimize import minimize
    from sklearn.isotonic import IsotonicRegression

    frequency, truth = np.broadcast_to(frequency, truth.shape).ravel(), truth.ravel()
    strengths = [strength.ravel() for strength in strengths]
    some = rng.choice(len(truth), min(len(truth), N_BLENDED), replace=False)
    x = np.column_stack([*parts(frequency[some], *(s[some] for s in strengths)), np.ones(len(some))])
    y = truth[some].astype(np.float64)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logits = x @ weights
        chance = 1 / (1 + np.exp(-logits))
        return float((np.logaddexp(0, logits) - y * logits).mean()), x.T @ (chance - y) / len(y)

    start = np.eye(x.shape[1])[0]
    blend = minimize(loss, start, jac=True, method="BFGS").x[:-1]
    raw = raw_log_odds(frequency, blend, *strengths)
    last = min(LEAST_PAIRS / len(raw), 0.1)
    cuts = np.unique(np.quantile(raw, np.concatenate([np.linspace(0, 0.9, 40), 1 - np.geomspace(0.1, last, 40)])))
    place = np.searchsorted(cuts, raw)
    n, hits = np.bincount(place), np.bincount(place, truth)
    there = n > 0
    centre = np.bincount(place, raw)[there] / n[there]
    share = (hits[there] + 0.5 * truth.mean()) / (n[there] + 0.5)
    smooth = IsotonicRegression(y_min=1e-6, y_max=1 - 1e-6).fit_transform(centre, share, sample_weight=n[there])
    return blend, np.stack([centre, np.log(smooth) - np.log1p(-smooth)])
