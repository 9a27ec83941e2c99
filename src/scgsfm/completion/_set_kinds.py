"""Kinds of gene sets, such as cell types or targets of regulators: how they change what a gene-set model predicts."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass, fields
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit, log_softmax

from scgsfm._messages import check_choice
from scgsfm._vocabulary import N_SPECIALS

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from ._gene_set_model import LatentModel

_FILE = files("scgsfm") / "data" / "kinds" / "gsfm-base.npz"
_MODEL = "gsfm-base"
_N_PROBES = 4


@dataclass(frozen=True, eq=False)
class SetKind:
    """A change of the latent vectors of a model for one kind of sets.

    Parameters
    ----------
    scale, shift
        Factor minus one, and addend, of each dimension.
    up, down
        A matrix of low rank as a product: dimensions × rank, and rank × dimensions.
    popularity
        Mean logit of each gene over sets of a single gene, as in :attr:`GeneSetModel.popularity`.
    slope, intercept
        From the log-softmax of logits to the log odds that a gene belongs to the set.
    """

    scale: np.ndarray
    shift: np.ndarray
    up: np.ndarray
    down: np.ndarray
    popularity: np.ndarray
    slope: float
    intercept: float

    @property
    def digest(self) -> str:
        """A checksum: equal for kinds with equal predictions."""
        digest = hashlib.sha256()
        for part in astuple(self):
            digest.update(np.asarray(part).tobytes())
        return digest.hexdigest()

    def of(self, model: LatentModel) -> ModelOfKind:
        """The model for sets of this kind."""
        return ModelOfKind(model, self)


@dataclass(frozen=True, eq=False)
class SetKinds:
    """The kinds of sets that were learned for a model.

    Parameters
    ----------
    kinds
        Names and changes.
    vocabulary
        Number of tokens of the model.
    probes
        Latent vectors of the first genes, which identify the model.
    """

    kinds: dict[str, SetKind]
    vocabulary: int
    probes: np.ndarray

    @classmethod
    def learned(cls, kinds: dict[str, SetKind], model: LatentModel) -> SetKinds:
        """The kinds of a model."""
        return cls(kinds, len(model.genes), _probes(model))

    @classmethod
    @cache
    def embedded(cls) -> SetKinds:
        """The kinds of ``gsfm-base``."""
        with _FILE.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            names = stored["names"].tobytes().decode().split("\n")
            columns = [stored[field.name].astype(np.float32) for field in fields(SetKind)]
            kinds = {}
            for i, name in enumerate(names):
                parts: list[Any] = [column[i] if column.ndim > 1 else float(column[i]) for column in columns]
                kinds[name] = SetKind(*parts)
            return cls(kinds, int(stored["vocabulary"]), stored["probes"])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to a file, in half precision."""
        columns = zip(*(astuple(kind) for kind in self.kinds.values()), strict=True)
        arrays: dict[str, Any] = {
            field.name: np.array(column, np.float16 if np.ndim(column[0]) else np.float32)
            for field, column in zip(fields(SetKind), columns, strict=True)
        }
        arrays["names"] = np.frombuffer("\n".join(self.kinds).encode(), np.uint8)
        np.savez_compressed(path, vocabulary=self.vocabulary, probes=self.probes, **arrays)

    def model(self, model: LatentModel, kind: str) -> ModelOfKind:
        """A model for sets of one kind.

        Raises
        ------
        ValueError
            If there is no such kind, or if the kinds were learned for another model.
        """
        check_choice("kind", kind, self.kinds)
        if len(model.genes) != self.vocabulary or not np.allclose(_probes(model), self.probes, rtol=0.02, atol=0.02):
            msg = (
                f"`kind` is {kind!r}, but the kinds were learned for {_MODEL!r} and do not fit the weights of {model.name!r}. "
                f"Use `model={_MODEL!r}`, or no `kind`."
            )
            raise ValueError(msg)
        return self.kinds[kind].of(model)


class ModelOfKind:
    """A gene-set model for sets of one kind; see :class:`GeneSetModel`."""

    def __init__(self, model: LatentModel, kind: SetKind) -> None:
        self._model, self._kind = model, kind

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._model.name

    @property
    def genes(self) -> Sequence[str]:
        """Vocabulary, with the special tokens first."""
        return self._model.genes

    @property
    def fingerprint(self) -> str:
        """Identifies the weights of the model and of the kind."""
        return f"{self._model.fingerprint} {self._kind.digest}"

    @property
    def popularity(self) -> np.ndarray:
        """Mean logit of each gene over all sets of a single gene."""
        return self._kind.popularity

    def logits(self, sets: Any, /) -> np.ndarray:
        """Logit of each gene for each set (sets × vocabulary)."""
        kind, latent = self._kind, self._model.encode(sets)
        changed = latent * (1 + kind.scale) + kind.shift + (latent @ kind.down.T) @ kind.up.T
        logits: np.ndarray = self._model.logits(sets) + self._model.decode(changed) - self._model.decode(latent)
        return logits

    def probabilities(self, logits: np.ndarray, sizes: np.ndarray, /) -> np.ndarray:  # noqa: ARG002
        """Calibrated probabilities of logits; the held-out sets of a kind are too few to calibrate by their sizes."""
        odds = self._kind.slope * log_softmax(np.asarray(logits, dtype=np.float32), axis=-1) + self._kind.intercept
        probabilities: np.ndarray = expit(odds).astype(np.float32)
        return probabilities


def _probes(model: LatentModel) -> np.ndarray:
    n = len(model.genes)
    return model.encode(_singles(np.arange(N_SPECIALS, N_SPECIALS + _N_PROBES), n))


def _singles(tokens: np.ndarray, n_genes: int) -> csr_array:
    """Each gene as a set of one."""
    shape = (len(tokens), n_genes)
    return csr_array((np.ones(len(tokens), np.float32), tokens, np.arange(len(tokens) + 1)), shape=shape)
