from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints


def _pair(text: str) -> tuple[str, float]:
    """Parse ``NAME=NUMBER``."""
    name, _, number = text.partition("=")
    return name, float(number)


def add_settings(group: Any, config: type) -> None:
    """Add an option for each field of a dataclass, with its type and default."""
    kinds = get_type_hints(config)
    for field in fields(config):
        kind, options = kinds[field.name], {"default": field.default, "help": "%(default)s"}
        if kind is bool:
            options |= {"action": argparse.BooleanOptionalAction}
        elif get_origin(kind) is dict:
            options |= {"nargs": "*", "type": _pair, "metavar": "GROUP=WEIGHT", "default": [], "help": "(none)"}
        elif get_origin(kind) is tuple:
            options |= {"nargs": len(get_args(kind)), "type": get_args(kind)[0]}
        elif get_args(kind):
            options |= {"choices": get_args(kind)}
        else:
            options |= {"type": kind}
        group.add_argument("--" + field.name.replace("_", "-"), **options)
