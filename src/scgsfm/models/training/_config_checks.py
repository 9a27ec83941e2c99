"""Checks of the settings of a training run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def check_settings(
    config: Any, *, least: Mapping[str, float], below: Mapping[str, float], positive: Collection[str]
) -> None:
    """Refuse settings of another type than the dataclass says, or out of their range.

    Parameters
    ----------
    config
        A dataclass of settings.
    least, below
        The lowest value of some settings, and what others must be below.
    positive
        Settings that must be above 0.

    Raises
    ------
    ValueError
        A setting is none of its choices, no whole number, or out of its range.
    """
    for name, kind in get_type_hints(type(config)).items():
        value = getattr(config, name)
        if get_origin(kind) is Literal and value not in get_args(kind):
            raise refused(name, value, f"must be one of {', '.join(map(repr, get_args(kind)))}")
        if kind is int and not isinstance(value, int):
            raise refused(name, value, "must be a whole number")
        if name in least and not value >= least[name]:
            raise refused(name, value, f"must be at least {least[name]}")
        if name in below and not value < below[name]:
            raise refused(name, value, f"must be below {below[name]}")
        if name in positive and not value > 0:
            raise refused(name, value, "must be above 0")


def refused(name: str, value: object, why: str) -> ValueError:
    """The error that says which setting is wrong, and why."""
    return ValueError(f"{name}={value!r} {why}.")
