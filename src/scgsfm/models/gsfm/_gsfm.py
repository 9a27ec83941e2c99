"""A loaded GSFM: gene names in, numpy arrays out."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
import torch
from scipy import sparse

from scgsfm._vocabulary import PAD, SPECIALS, UNK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from torch import Tensor

    from ._modules import SetAutoencoder

    Sets: TypeAlias = Sequence[Iterable[str]] | sparse.csr_matrix | sparse.csr_array


class _Tokens(dict[str, int]):
    """Positions in the vocabulary by name; that of ``<unk>`` for any other."""

    def __missing__(self, name: str) -> int:
        return UNK


GeneVectors: TypeAlias = Literal["combined", "decoder", "encoder", "single"]
"""Kinds of :meth:`GSFM.gene_embeddings`."""


class GSFM:
    """A gene set foundation model with its vocabulary, used without AnnData.

    Sets of genes are given as lists of names of the vocabulary (others count as ``<unk>``, as published), or as a CSR
    matrix sets × vocabulary of non-negative weights, for soft membership.

    Parameters
    ----------
    module
        The network, in evaluation mode from here on.
    genes
        The vocabulary in order, the specials ``<unk>`` and ``<pad>`` first.
    name
        What the model is called in messages and in ``uns``.
    metadata
        The model card.
    device
        Where to compute: ``"cpu"``, ``"cuda"``, …

    Examples
    --------
    >>> import scgsfm
    >>> model = scgsfm.models.load("gsfm-base")
    >>> logits = model.logits([["ISG15", "IFIT1", "IFIT3", "MX1"]])
    >>> logits.shape == (1, len(model.genes))
    True
    """

    kind = "gsfm"

    def __init__(
        self,
        module: SetAutoencoder,
        genes: Sequence[str],
        *,
        name: str = "gsfm",
        metadata: dict[str, Any] | None = None,
        device: str | None = None,
    ) -> None:
        if tuple(genes[:2]) != SPECIALS:
            msg = f"The vocabulary must begin with {SPECIALS}, found {tuple(genes[:2])}."
            raise ValueError(msg)
        self.module = module.eval() if device is None else module.eval().to(device)
        self.genes = list(genes)
        self.name = name
        self.metadata = metadata or {}

    def __repr__(self) -> str:
        kind = type(self.module).__name__
        return f"GSFM {self.name!r}: {kind}, {len(self.genes) - 2:,} genes, {self.dim} dimensions, on {self.device}"

    @property
    def device(self) -> torch.device:
        """Where the model computes."""
        return next(self.module.parameters()).device

    @cached_property
    def dim(self) -> int:
        """Length of a latent vector."""
        return self.encode([[]]).shape[1]

    @cached_property
    def _token(self) -> dict[str, int]:
        return _Tokens((gene, i) for i, gene in enumerate(self.genes))

    def tokens(self, genes: Iterable[str]) -> np.ndarray:
        """Positions of ``genes`` in the vocabulary; 0 for names it lacks."""
        return np.fromiter(map(self._token.__getitem__, genes), np.int64)

    def encode(self, sets: Sets, *, batch_size: int = 1024) -> np.ndarray:
        """Latent vectors of sets.

        Parameters
        ----------
        sets
            Lists of gene names, or a CSR matrix sets × vocabulary of weights.
        batch_size
            Sets computed at a time.

        Returns
        -------
        float32, sets × :attr:`dim`.
        """
        return self._map(self.module.encode_sets, sets, batch_size)

    def logits(self, sets: Sets, *, batch_size: int = 1024) -> np.ndarray:
        """Logits of every gene of the vocabulary for each set.

        Parameters
        ----------
        sets
            Lists of gene names, or a CSR matrix sets × vocabulary of weights.
        batch_size
            Sets computed at a time.

        Returns
        -------
        float32, sets × vocabulary (specials included).
        """
        return self._map(self.module, sets, batch_size)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Logits of every gene by the decoder alone for latent vectors, n × :attr:`dim` → n × vocabulary."""
        with torch.inference_mode():
            return self.module.decode(torch.as_tensor(z, dtype=torch.float32, device=self.device)).cpu().numpy()

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Probability that a gene belongs to the set, from its logits.

        The sigmoid of the logits, as published. A model trained with a multinomial likelihood has logits that are
        only comparable within a set: its card holds a calibration (slope and intercept on the log-softmax, fitted
        on held-out sets), which is applied first.
        """
        calibration = self.metadata.get("calibration")
        x = torch.from_numpy(np.asarray(logits, dtype=np.float32))
        if calibration:
            x = calibration["slope"] * torch.log_softmax(x, dim=-1) + calibration["intercept"]
        return torch.sigmoid(x).numpy()

    @cached_property
    def popularity(self) -> np.ndarray:
        """How strongly the model favours each gene whatever the query: float32, one value a gene, in logits.

        The mean of the logits over single-gene sets, 1,024 of them spread evenly over the vocabulary; subtract it from
        logits to compare genes that are rarely and often named.
        """
        n = len(self.genes)
        some = np.unique(np.linspace(2, n - 1, min(n - 2, 1024)).astype(np.int64))
        return self.logits(self._singles[some]).mean(0)

    @cached_property
    def fingerprint(self) -> str:
        """A checksum of the vocabulary, the weights and the calibration: equal for models that say the same."""
        digest = hashlib.sha256(json.dumps([self.genes, self.metadata.get("calibration")]).encode())
        digest.update(repr(self.module).encode())
        for key, tensor in self.module.state_dict().items():
            digest.update(key.encode())
            digest.update(tensor.cpu().numpy().tobytes())
        return digest.hexdigest()

    def gene_embeddings(self, kind: GeneVectors = "combined") -> np.ndarray:
        """One vector for each gene of the vocabulary, specials included.

        Parameters
        ----------
        kind
            ``"decoder"`` takes the gene's weights of the last layer, for its output. ``"combined"`` has these beside
            what the last layer sees of the gene as a set of one, each less its mean over the genes and at unit length:
            how the model finds the gene, and what it finds from it. ``"encoder"`` takes the gene's weights into the
            first layer, ``"single"`` encodes it as a set of one.

        Returns
        -------
        float32, vocabulary × dimensions.
        """
        if kind == "combined":
            seen = self._map(lambda *parts: self.module.hidden(self.module.encode_sets(*parts)), self._singles, 1024)
            return np.hstack([_unit_rows(_copied(self.module.last.weight)), _unit_rows(seen)])
        if kind == "decoder":
            return _copied(self.module.last.weight)
        if kind == "encoder":
            return _copied(self.module.gene_vectors())
        if kind == "single":
            return self.encode(self._singles)
        msg = f"kind={kind!r} is not known: give {', '.join(map(repr, get_args(GeneVectors)))}."
        raise ValueError(msg)

    @property
    def _singles(self) -> sparse.csr_matrix:
        """Each gene as a set of its own."""
        return sparse.identity(len(self.genes), format="csr", dtype=np.float32)

    def _map(self, function: Callable[..., Tensor], sets: Sets, batch_size: int) -> np.ndarray:
        if batch_size < 1:
            msg = f"batch_size must be at least 1, found {batch_size}."
            raise ValueError(msg)
        rows = self._checked(sets) if sparse.issparse(sets) else self._membership(sets)
        with torch.inference_mode():
            parts = [function(*self._tensors(block)).cpu().numpy() for block in _blocks(rows, batch_size)]
        return np.concatenate(parts)

    def _checked(self, sets: Any) -> sparse.csr_array:
        """A matrix of weights in CSR form without duplicates."""
        if sets.shape[1] != len(self.genes):
            msg = f"sets has {sets.shape[1]:,} columns, the vocabulary of {self.name!r} {len(self.genes):,}."
            raise ValueError(msg)
        rows = sparse.csr_array(sets)
        if not (rows.data >= 0).all():
            msg = "sets holds weights that are negative or no numbers; weights of genes must be 0 or more."
            raise ValueError(msg)
        if not rows.has_canonical_format:
            rows = rows.copy()
            rows.sum_duplicates()
        return rows

    def _membership(self, sets: Sequence[Iterable[str]]) -> sparse.csr_array:
        """Sets × vocabulary, 1 where a gene belongs; unknown names share the column of ``<unk>``."""
        if isinstance(sets, str) or any(isinstance(genes, str) for genes in sets):
            msg = "sets must be a list of gene lists; for one set give [[...]]."
            raise TypeError(msg)
        lists = [list(genes) for genes in sets]
        if not all(isinstance(name, str) for genes in lists for name in genes[:1]):
            msg = "sets must be lists of gene names; give weights as a scipy.sparse CSR matrix, sets × vocabulary."
            raise TypeError(msg)
        indptr = np.cumsum([0, *map(len, lists)])
        indices = self.tokens(chain.from_iterable(lists))
        shape = (len(lists), len(self.genes))
        rows = sparse.csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=shape)
        rows.sum_duplicates()
        rows.data[:] = 1
        return rows

    def _tensors(self, block: sparse.csr_array) -> tuple[Tensor, Tensor, Tensor]:
        """Parts of a block on the device, ``<pad>`` zeroed as published."""
        indptr, indices = (torch.from_numpy(a.astype(np.int64)) for a in (block.indptr, block.indices))
        weights = torch.from_numpy(np.where(block.indices == PAD, 0, block.data).astype(np.float32))
        return indptr.to(self.device), indices.to(self.device), weights.to(self.device)


def _blocks(sets: sparse.csr_array, size: int) -> Iterator[sparse.csr_array]:
    for start in range(0, max(sets.shape[0], 1), size):
        yield sets[start : start + size]


def _copied(weight: Tensor) -> np.ndarray:
    return weight.detach().cpu().numpy().copy()


def _unit_rows(x: np.ndarray) -> np.ndarray:
    """The rows of genes less their mean, at unit length; specials are moved alike."""
    centred = x - x[len(SPECIALS) :].mean(axis=0)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), np.finfo(np.float32).tiny)
