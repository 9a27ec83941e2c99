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

from scgsfm._messages import check_choice
from scgsfm._vocabulary import PAD, SPECIALS, UNK
from scgsfm.models._publish import Publishable

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from torch import Tensor

    from ._modules import SetAutoencoder

    Sets: TypeAlias = Sequence[Iterable[str]] | sparse.csr_matrix | sparse.csr_array


class _Tokens(dict[str, int]):
    """Positions in the vocabulary by name; unknown names have that of ``<unk>``."""

    def __missing__(self, name: str) -> int:
        return UNK


GeneVectors: TypeAlias = Literal["combined", "decoder", "encoder", "single"]
"""Kinds of :meth:`GSFM.gene_embeddings`."""


class GSFM(Publishable):
    """A gene set foundation model with its vocabulary, used without AnnData.

    Gene sets are lists of gene names (names outside the vocabulary count as ``<unk>``, as published), or a CSR matrix
    sets × vocabulary of non-negative weights, for soft membership.

    Parameters
    ----------
    module
        The network; it is set to evaluation mode.
    genes
        The vocabulary in order, the specials ``<unk>`` and ``<pad>`` first.
    name
        The name of the model in messages and in ``uns``.
    metadata
        The model card.
    device
        The device to compute on: ``"cpu"``, ``"cuda"``, …

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
            msg = f"`genes` must begin with {SPECIALS}, found {tuple(genes[:2])}."
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
        """The device that the model computes on."""
        return next(self.module.parameters()).device

    @cached_property
    def dim(self) -> int:
        """Length of a latent vector."""
        return int(self.encode([[]]).shape[1])

    @cached_property
    def _token(self) -> dict[str, int]:
        return _Tokens((gene, i) for i, gene in enumerate(self.genes))

    def tokens(self, genes: Iterable[str]) -> np.ndarray:
        """Positions of ``genes`` in the vocabulary; 0 for unknown names."""
        return np.fromiter(map(self._token.__getitem__, genes), np.int64)

    def encode(self, sets: Sets, *, batch_size: int = 1024) -> np.ndarray:
        """Latent vectors of sets.

        Parameters
        ----------
        sets
            Lists of gene names, or a CSR matrix sets × vocabulary of weights.
        batch_size
            Sets per batch.

        Returns
        -------
        float32, sets × :attr:`dim`.
        """
        return self._map(self.module.encode_sets, sets, batch_size)

    def logits(self, sets: Sets, *, batch_size: int = 1024) -> np.ndarray:
        """Logits of all genes of the vocabulary for each set.

        Parameters
        ----------
        sets
            Lists of gene names, or a CSR matrix sets × vocabulary of weights.
        batch_size
            Sets per batch.

        Returns
        -------
        float32, sets × vocabulary (specials included).
        """
        return self._map(self.module, sets, batch_size)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Logits of every gene by the decoder alone for latent vectors, n × :attr:`dim` → n × vocabulary."""
        with torch.inference_mode():
            logits = self.module.decode(torch.as_tensor(z, dtype=torch.float32, device=self.device))
        return np.asarray(logits.cpu())

    def probabilities(self, logits: np.ndarray, sizes: np.ndarray | None = None) -> np.ndarray:
        """Probability that a gene belongs to the set, from its logits.

        The sigmoid of the logits, as published. The logits of a model trained with a multinomial likelihood are
        comparable only within a set: its card contains a calibration, fitted on held-out sets, which is applied first.
        With ``sizes``, the number of known genes of each set, it depends on them if the card has the numbers for it. The
        probabilities are then those of a set of which as many genes are missing as are known.
        """
        if sizes is not None and np.shape(sizes) != (shape := np.shape(logits)[:-1]):
            msg = f"`sizes` has the shape {np.shape(sizes)}, but needs one number for each set of `logits`: {shape}."
            raise ValueError(msg)
        n = None if sizes is None else torch.from_numpy(np.asarray(sizes, dtype=np.float32))
        return torch.sigmoid(self.log_odds(torch.from_numpy(np.asarray(logits, dtype=np.float32)), n)).numpy()

    def log_odds(self, logits: Tensor, sizes: Tensor | None = None) -> Tensor:
        """Log odds of :meth:`probabilities`, as tensors."""
        if not (fitted := self.metadata.get("calibration")):
            return logits
        level = torch.log_softmax(logits, dim=-1)
        if sizes is None or "by_size" not in fitted:
            return torch.add(fitted["slope"] * level, fitted["intercept"])
        fitted, log_size = fitted["by_size"], sizes.clamp_min(1).log()[..., None]
        slope = fitted["slope"] + fitted["slope_log_size"] * log_size
        entropy = fitted["entropy"] * -(level.exp() * level).sum(dim=-1, keepdim=True)
        return torch.add(slope * level + fitted["log_size"] * log_size + entropy, fitted["intercept"])

    @cached_property
    def popularity(self) -> np.ndarray:
        """How strongly the model favors each gene for any query: one float32 value per gene, in logits.

        The mean of the logits over 1,024 single-gene sets, spread evenly over the vocabulary. Subtract it from logits to
        compare rare and common genes.
        """
        n = len(self.genes)
        chosen = np.unique(np.linspace(2, n - 1, min(n - 2, 1024)).astype(np.int64))
        return np.asarray(self.logits(self._singles[chosen]).mean(0))

    @cached_property
    def fingerprint(self) -> str:
        """A checksum of the vocabulary, the weights and the calibration: equal for models with equal predictions."""
        digest = hashlib.sha256(json.dumps([self.genes, self.metadata.get("calibration")]).encode())
        digest.update(repr(self.module).encode())
        for key, tensor in self.module.state_dict().items():
            digest.update(key.encode())
            digest.update(tensor.cpu().numpy().tobytes())
        return digest.hexdigest()

    def gene_embeddings(self, kind: GeneVectors = "combined") -> np.ndarray:
        """One vector per gene of the vocabulary, specials included.

        Parameters
        ----------
        kind
            ``"decoder"`` returns the weights of the gene's output in the last layer, ``"encoder"`` those of its input in
            the first layer, and ``"single"`` the latent vector of the gene as a set of one. ``"combined"`` concatenates
            the decoder weights and the input of the last layer for the gene as a set of one, each centered over the
            genes and scaled to unit length: how the model predicts the gene, and what it predicts from it.

        Returns
        -------
        float32, vocabulary × dimensions.
        """
        check_choice("kind", kind, get_args(GeneVectors))
        if kind == "combined":
            seen = self._map(lambda *parts: self.module.hidden(self.module.encode_sets(*parts)), self._singles, 1024)
            return np.hstack([_unit_rows(_copied(self.module.last.weight)), _unit_rows(seen)])
        if kind == "decoder":
            return _copied(self.module.last.weight)
        if kind == "encoder":
            return _copied(self.module.gene_vectors())
        return self.encode(self._singles)

    def to_onnx(self, folder: str | os.PathLike[str]) -> Path:
        """Export the model to ONNX, for runtimes without torch. Needs the extra ``onnx``.

        The graphs take dense rows (float32, sets × vocabulary): 1 for the genes of a set, or their weights. They return
        the numbers of this class up to rounding.

        ============== ======== ============================= ===============================
        file           input    output                        as
        ============== ======== ============================= ===============================
        encoder.onnx   sets     latent                        :meth:`encode`
        decoder.onnx   latent   logits                        :meth:`decode`
        model.onnx     sets     logits, probabilities         :meth:`logits`, :meth:`probabilities`
        vocab.txt                                             :attr:`genes`, one per line
        ============== ======== ============================= ===============================

        Parameters
        ----------
        folder
            The directory, created if it does not exist.

        Returns
        -------
        The directory.

        Raises
        ------
        ImportError
            If the extra ``onnx`` is not installed.
        """
        from ._onnx import export

        return export(self.module, self.genes, self.log_odds, folder)

    def _content(self) -> tuple[dict[str, Any], dict[str, np.ndarray], list[str]]:
        config = getattr(self.module, "config", None)
        if config is None:
            msg = "The network does not know its configuration: build it by `build_module(config)` or `models.load`."
            raise ValueError(msg)
        tensors = {key: _copied(tensor) for key, tensor in self.module.state_dict().items()}
        return config, tensors, self.genes

    @property
    def _singles(self) -> sparse.csr_matrix:
        """Each gene as a set of one."""
        return sparse.identity(len(self.genes), format="csr", dtype=np.float32)

    def _map(self, function: Callable[..., Tensor], sets: Sets, batch_size: int) -> np.ndarray:
        if batch_size < 1:
            msg = f"batch_size={batch_size} must be at least 1."
            raise ValueError(msg)
        rows = self._checked(sets) if sparse.issparse(sets) else self._membership(sets)
        n = rows.shape[0]
        if n == 0:  # of tensors without rows, torch computes no sums and standard deviations
            rows = sparse.csr_array((1, rows.shape[1]), dtype=np.float32)
        with torch.inference_mode():
            blocks = (self._tensors(rows[start : start + batch_size]) for start in range(0, rows.shape[0], batch_size))
            return np.concatenate([function(*block).cpu().numpy() for block in blocks])[:n]

    def _checked(self, sets: Any) -> sparse.csr_array:
        """A matrix of weights in canonical CSR format."""
        if sets.shape[1] != len(self.genes):
            msg = f"`sets` has {sets.shape[1]:,} columns, but the vocabulary of {self.name!r} has {len(self.genes):,} genes."
            raise ValueError(msg)
        rows = sparse.csr_array(sets)
        if not (rows.data >= 0).all():
            msg = "`sets` contains negative or NaN weights; gene weights must be 0 or more."
            raise ValueError(msg)
        if not rows.has_canonical_format:
            rows = rows.copy()
            rows.sum_duplicates()
        return rows

    def _membership(self, sets: Sequence[Iterable[str]]) -> sparse.csr_array:
        """Sets × vocabulary, 1 for members; unknown names share the column of ``<unk>``."""
        if isinstance(sets, str) or any(isinstance(genes, str) for genes in sets):
            msg = "`sets` must be a list of gene lists; for one set give [[...]]."
            raise TypeError(msg)
        lists = [list(genes) for genes in sets]
        if not all(isinstance(name, str) for genes in lists for name in genes[:1]):
            msg = "`sets` must be lists of gene names; give weights as a scipy.sparse CSR matrix, sets × vocabulary."
            raise TypeError(msg)
        indptr = np.cumsum([0, *map(len, lists)])
        indices = self.tokens(chain.from_iterable(lists))
        shape = (len(lists), len(self.genes))
        rows = sparse.csr_array((np.ones(len(indices), np.float32), indices, indptr), shape=shape)
        rows.sum_duplicates()
        rows.data[:] = 1
        return rows

    def _tensors(self, block: sparse.csr_array) -> tuple[Tensor, Tensor, Tensor]:
        """The CSR arrays of a block on the device; ``<pad>`` is set to zero, as published."""
        indptr, indices = (torch.from_numpy(a.astype(np.int64)) for a in (block.indptr, block.indices))
        weights = torch.from_numpy(np.where(block.indices == PAD, 0, block.data).astype(np.float32))
        return indptr.to(self.device), indices.to(self.device), weights.to(self.device)


def _copied(weight: Tensor) -> np.ndarray:
    return weight.detach().cpu().numpy().copy()


def _unit_rows(x: np.ndarray) -> np.ndarray:
    """Center the rows by the mean over genes and scale them to unit length; specials use the same mean."""
    centered = x - x[len(SPECIALS) :].mean(axis=0)
    norm = np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    return np.asarray(centered / norm)
