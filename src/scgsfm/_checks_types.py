"""A decorator that refuses arguments of another type than annotated: numbers, True or False, pairs of numbers, axes."""

from __future__ import annotations

import functools
import inspect
import math
import re
from collections.abc import Mapping
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


class Kind(NamedTuple):
    """What an annotation stands for."""

    holds: Callable[[Any], bool]
    wording: tuple[str, ...]
    """What a message says that the value must be; several are alternatives."""


def _is_pair(value: Any) -> bool:
    is_sequence = isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return is_sequence and len(value) == 2 and all(_is(Real, each) and math.isfinite(each) for each in value)


def _is(number: type, value: Any) -> bool:
    return isinstance(value, number) and not isinstance(value, bool | np.bool_)


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool | np.bool_) or (isinstance(value, Integral) and value in (0, 1))


KINDS: dict[str, Kind] = {
    "int": Kind(functools.partial(_is, Integral), ("a whole number",)),
    "float": Kind(functools.partial(_is, Real), ("a number",)),
    "bool": Kind(_is_switch, ("True", "False")),
    "tuple[float, float]": Kind(_is_pair, ("a pair of finite numbers",)),
    "Axes": Kind(lambda value: hasattr(value, "transAxes"), ("one Axes of matplotlib",)),
}
"""Kinds for which a parameter is checked."""
OTHERS: dict[str, Kind] = {
    "Mapping[str, float]": Kind(lambda value: isinstance(value, Mapping), ("a dict",)),
    "None": Kind(lambda value: value is None, ()),
}
"""Kinds that may be alternatives. A parameter with other alternatives, such as a text, is checked by its function."""
ALL_KINDS = {**KINDS, **OTHERS}


def checks_types(function: F) -> F:
    """Let a public function refuse numbers and switches of a wrong type, such as ``n_genes=2.5`` and ``copy="no"``.

    Parameters that are annotated as ``int``, ``float``, ``bool``, a pair of numbers, or alternatives with one of these are
    checked before any work is done. Libraries would raise errors that do not name the argument, or cut off the fraction, and
    Python takes any text as true. Zero and one stand for False and True, and None for False where it has no other meaning.
    Ranges are checked by the functions themselves.
    """
    parameters = inspect.signature(function).parameters
    kinds = checked_kinds(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        named = dict(zip(parameters, args, strict=False))
        given = check_types(kinds, {**named, **kwargs})
        positional = (*(given[name] for name in named), *args[len(named) :])
        return function(*positional, **{name: given[name] for name in kwargs})

    return cast("F", call)


def checked_kinds(function: Callable[..., Any]) -> dict[str, tuple[str, ...]]:
    """Parameters that are checked, and the alternatives of their annotations."""
    annotations = {name: str(each.annotation) for name, each in inspect.signature(function).parameters.items()}
    split = {name: tuple(re.split(r" \| (?![^\[]*\])", annotation)) for name, annotation in annotations.items()}
    return {
        name: kinds
        for name, kinds in split.items()
        if not KINDS.keys().isdisjoint(kinds) and set(kinds) <= ALL_KINDS.keys()
    }


def check_types(kinds: Mapping[str, tuple[str, ...]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values by the names of the arguments, with True and False as such, so that functions can use ``is``.

    Raises ValueError for the first value that is none of its kinds.
    """
    checked = dict(values)
    for name in [name for name in kinds if name in values]:
        value = values[name]
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if value is None and "bool" in kinds[name] and "None" not in kinds[name]:
            value = checked[name] = False  # scanpy has None as the default of ``use_raw``
        if not any(ALL_KINDS[kind].holds(value) for kind in kinds[name]):
            msg = f"`{name}` is {value!r}, but must be {_wording(kinds[name])}."
            raise ValueError(msg)
        if "bool" in kinds[name] and _is_switch(value):
            checked[name] = bool(value)
        elif isinstance(value, np.ndarray):
            checked[name] = tuple(value)
    return checked


def _wording(kinds: tuple[str, ...]) -> str:
    *others, last = [each for kind in kinds for each in ALL_KINDS[kind].wording]
    return f"{', '.join(others)}{' or ' if others else ''}{last}{' (or None)' if 'None' in kinds else ''}"
