"""Types of the values of options: they parse a text, or say what it must be."""

from __future__ import annotations

import argparse
import ast
from typing import TYPE_CHECKING, Any

from scgsfm._messages import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def positive(text: str) -> int:
    """Parse an integer that is at least 1."""
    try:
        number = int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a whole number, found {text!r}") from error
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, found {number}")
    return number


def port(text: str) -> int:
    """Parse the number of a port; 0 is one that is free."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 65535, found {text!r}")
    return int(text)


def probability(text: str) -> float:
    """Parse a number from 0 to 1."""
    try:
        number = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be a number, found {text!r}") from error
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to 1, found {text}")
    return number


def one_of(choices: Iterable[str]) -> Callable[[str], str]:
    """A type that suggests the nearest choice for a misspelled one."""
    allowed = list(choices)

    def choice(text: str) -> str:
        if text not in allowed:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not one of {', '.join(allowed)}.{did_you_mean(text, allowed)}"
            )
        return text

    return choice


def name_and_value(text: str) -> tuple[str, Any]:
    """Parse ``name=value``. Numbers, ``true``, ``false`` and ``none`` are values of Python, all else is text."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"must be name=value, found {text!r}")
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return name, words[value.lower()]
    try:
        return name, ast.literal_eval(value)
    except (SyntaxError, ValueError):
        return name, value
