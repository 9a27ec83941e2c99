"""Check the settings of a training run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


def check_settings(
    config: Any, *, least: Mapping[str, float], below: Mapping[str, float], positive: Collection[str]
) -> None:
    """Raise a ValueError if a setting of a dataclass has another type than declared, or is out of range.

    ``least`` has the lowest values, ``below`` exclusive upper bounds, and ``positive`` names settings that are above 0.
    """
    for name, kind in get_type_hints(type(config)).items():
        value = getattr(config, name)
        if get_origin(kind) is Literal and value not in get_args(kind):
            raise refused(name, value, f"must be one of {', '.join(map(repr, get_args(kind)))}")
        if kind is int and not isinstance(value, int):
            raise refused(name, value, "must be an integer")
        if name in least and not value >= least[name]:
            raise refused(name, value, f"must be at least {least[name]}")
        if name in below and not value < below[name]:
            raise refused(name, value, f"must be below {below[name]}")
        if name in positive and not value > 0:
            raise refused(name, value, "must be above 0")


def refused(name: str, value: object, why: str) -> ValueError:
    """The error that names a setting, its value and the reason."""
    return ValueError(f"{name}={value!r} {why}.")
