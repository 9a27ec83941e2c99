"""The effects of all single-base variants of elements as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

BASES = "ACGT"
Mode: TypeAlias = Literal["joint", "sequence", "card"]


class VariantModel(Protocol):
    """What saturation needs of a model of activity, such as :class:`scgsfm.models.r3lm.R3LM`."""

    cell_types: list[str]

    def predict_substitutions(self, sequences: Sequence[str], /, *, mode: Mode = "joint") -> list[np.ndarray]: ...


def saturation_table(
    model: VariantModel,
    sequences: Sequence[str],
    names: Sequence[str],
    cell_types: Sequence[str],
    *,
    mode: Mode = "joint",
) -> pd.DataFrame:
    """Compute the effects of all single-base variants.

    Parameters
    ----------
    model
        The model.
    sequences, names
        Sequences of at most ``model.length`` bases, of A, C, G and T in upper case, and their names.
    cell_types
        Cell types of the model.
    mode
        See :meth:`scgsfm.models.r3lm.R3LM.predict`.

    Returns
    -------
    Four rows for each position, with the columns ``element``, ``position`` (0-based), ``ref``, ``alt`` (A, C, G and T),
    and the effect in each cell type (float32): the prediction for the variant minus that for the sequence, which is 0
    where both bases are equal.
    """
    columns = [model.cell_types.index(cell_type) for cell_type in cell_types]
    values = [np.empty((0, len(columns)), np.float32)]
    for text, predicted in zip(sequences, model.predict_substitutions(sequences, mode=mode), strict=True):
        own = predicted[0, BASES.index(text[0])]
        effects = (predicted - own)[..., columns]
        effects[np.arange(len(text)), [BASES.index(base) for base in text]] = 0
        values.append(effects.reshape(-1, len(columns)))
    lengths = np.array([len(text) for text in sequences], np.int64)
    joined = "".join(sequences)
    table = {
        "element": pd.Categorical.from_codes(
            np.repeat(pd.factorize(np.array(names, object))[0], 4 * lengths), pd.unique(np.array(names, object))
        ),
        "position": np.repeat(np.concatenate([np.arange(n) for n in lengths] or [np.empty(0, int)]), 4).astype(
            np.int32
        ),
        "ref": pd.Categorical(np.repeat(list(joined), 4) if joined else [], categories=list(BASES)),
        "alt": pd.Categorical(list(BASES) * len(joined), categories=list(BASES)),
    }
    return pd.DataFrame(table | dict(zip(cell_types, np.concatenate(values).T, strict=True)))


def base_contributions(values: np.ndarray, sequence: str) -> np.ndarray:
    """The prediction minus its mean over the three other bases, from the predictions of all variants.

    Parameters
    ----------
    values
        Activities, or effects, of all variants of a sequence (positions × 4 × …).
    sequence
        The sequence, in upper case.
    """
    own = np.array([BASES.index(base) for base in sequence])
    at = values[np.arange(len(sequence)), own]
    return np.asarray(at - (values.sum(axis=1) - at) / 3)
