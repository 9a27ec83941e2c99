"""Design matrices of samples: conditions, covariates and donors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from scgsfm._messages import listing

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class DesignMatrix:
    """Columns of a linear model: intercept, conditions but the first, covariates, donors but the first."""

    matrix: np.ndarray
    conditions: list[str]
    """Conditions with a column of their own, from column 1 on."""

    @classmethod
    def of(cls, samples: pd.DataFrame, conditions: Sequence[str], covariates: Sequence[str]) -> DesignMatrix:
        """The design of samples.

        Parameters
        ----------
        samples
            One row per sample: ``condition``, the covariates, and ``donor`` if samples are paired.
        conditions
            The conditions, the reference first. Those without a sample have no column.
        covariates
            Columns of ``samples``. Numbers are centered; everything else has a column for each value but the first.
        """
        present = [name for name in conditions[1:] if (samples["condition"] == name).any()]
        columns = [np.ones(len(samples)), *((samples["condition"] == name).to_numpy(float) for name in present)]
        for name in covariates:
            columns += list(_columns_of(samples[name]).T)
        if "donor" in samples:
            columns += list(_columns_of(samples["donor"]).T)
        return cls(np.column_stack(columns), present)

    @property
    def is_full_rank(self) -> bool:
        """Whether all coefficients can be estimated."""
        return bool(np.linalg.matrix_rank(_unit_columns(self.matrix)) == self.matrix.shape[1])


def _unit_columns(matrix: np.ndarray) -> np.ndarray:
    """Columns of length 1, so that the rank does not depend on the units of covariates."""
    lengths = np.linalg.norm(matrix, axis=0)
    return np.asarray(matrix / np.where(lengths > 0, lengths, 1))


def _columns_of(values: pd.Series) -> np.ndarray:
    """The columns of a covariate; none if it does not vary."""
    if is_numeric_dtype(values):
        numbers = values.to_numpy(float)
        return (numbers - numbers.mean())[:, None] if np.ptp(numbers) > 0 else np.empty((len(values), 0))
    return np.asarray(pd.get_dummies(values, drop_first=True, dtype=float))


def check_design(
    samples: pd.DataFrame, conditions: Sequence[str], covariates: Sequence[str], *, condition: str, paired: str | None
) -> None:
    """Raise ValueError if the effect of the conditions can't be estimated, naming the covariate or the donors at fault."""
    if paired is not None:
        n_conditions = samples.groupby("donor", observed=True)["condition"].nunique()
        if not (n_conditions > 1).any():
            msg = (
                f"`paired={paired!r}`: no donor has samples of several conditions, so that donors can't be compared with "
                "themselves. Leave out `paired`, which compares donors with each other."
            )
            raise ValueError(msg)
    without_donors = samples.drop(columns="donor", errors="ignore")
    for i, column in enumerate(covariates):
        name = column.removeprefix("covariate ")
        if not _columns_of(samples[column]).size:
            msg = f"`covariates` has {name!r}, which is the same for all samples. Leave it out."
            raise ValueError(msg)
        if not DesignMatrix.of(without_donors, conditions, [column]).is_full_rank:
            msg = (
                f"`condition={condition!r}` is confounded with the covariate {name!r}: it follows from it which samples "
                "have which condition, so that the two effects can't be told apart. Leave the covariate out and say "
                "so, or add samples that break the tie."
            )
            raise ValueError(msg)
        if paired is not None and not DesignMatrix.of(samples, conditions, [column]).is_full_rank:
            msg = (
                f"The covariate {name!r} does not vary within the donors of `paired={paired!r}`. A paired comparison is within "
                "donors, where it can't have an effect: leave it out."
            )
            raise ValueError(msg)
        if not DesignMatrix.of(without_donors, conditions, covariates[: i + 1]).is_full_rank:
            others = listing([each.removeprefix("covariate ") for each in covariates[:i]])
            msg = f"The covariate {name!r} follows from {others} and the conditions. Leave one of them out."
            raise ValueError(msg)
