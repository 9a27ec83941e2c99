"""A decorator that refuses arguments that are not the numbers of the signature."""

from __future__ import annotations

import functools
import inspect
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

F = TypeVar("F", bound="Callable[..., Any]")

KINDS: dict[str, tuple[type, str]] = {"int": (Integral, "a whole number"), "float": (Real, "a number")}
OR_NONE = " | None"


def checks_numbers(function: F) -> F:
    """Let a public function refuse numbers of a wrong type, such as ``n_genes=2.5``, before any work is done.

    Parameters that are annotated as ``int`` or ``float``, or as these or ``None``, are checked. Libraries would raise
    errors that do not name the argument, or cut off the fraction. Ranges are checked by the functions themselves.
    """
    parameters = inspect.signature(function).parameters
    kinds = number_kinds(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        check_numbers(kinds, {**dict(zip(parameters, args, strict=False)), **kwargs})
        return function(*args, **kwargs)

    return cast("F", call)


def number_kinds(function: Callable[..., Any]) -> dict[str, str]:
    """Parameters that must be numbers, and their annotations."""
    annotations = {name: str(each.annotation) for name, each in inspect.signature(function).parameters.items()}
    return {name: kind for name, kind in annotations.items() if kind.removesuffix(OR_NONE) in KINDS}


def check_numbers(kinds: Mapping[str, str], values: Mapping[str, Any]) -> None:
    """Raise ValueError for the first of the values, by the names of the arguments, that is not a number of its kind."""
    for name, kind in kinds.items():
        value = values.get(name, 0)
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        wanted, what = KINDS[kind.removesuffix(OR_NONE)]
        if value is None and kind.endswith(OR_NONE):
            continue
        if isinstance(value, bool) or not isinstance(value, wanted):
            msg = f"`{name}` is {value!r}, but must be {what}{' (or None)' if kind.endswith(OR_NONE) else ''}."
            raise ValueError(msg)
