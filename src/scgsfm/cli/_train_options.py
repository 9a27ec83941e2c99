"""Options of training: those of every kind of model, and the settings of its configuration."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._parser import Parser


def _pair(text: str) -> tuple[str, float]:
    """Parse ``NAME=NUMBER``."""
    name, _, number = text.partition("=")
    return name, float(number)


def add_settings(group: Any, config: type) -> None:
    """Add an option for each field of a dataclass, with its type and default."""
    kinds = get_type_hints(config)
    for field in fields(config):
        kind, options = kinds[field.name], {"default": field.default, "help": "(default: %(default)s)"}
        if kind is bool:
            options |= {"action": argparse.BooleanOptionalAction}
        elif get_origin(kind) is dict:
            options |= {
                "nargs": "*",
                "type": _pair,
                "metavar": "GROUP=WEIGHT",
                "default": [],
                "help": "(default: none)",
            }
        elif get_origin(kind) is tuple:
            options |= {"nargs": len(get_args(kind)), "type": get_args(kind)[0]}
        elif get_args(kind):
            options |= {"choices": get_args(kind)}
        else:
            options |= {"type": kind}
        group.add_argument("--" + field.name.replace("_", "-"), **options)


def add_run_output(parser: Parser) -> None:
    """Add ``--output`` for the directory of a run."""
    # the former name, --out, still works as an abbreviation
    parser.output.add_argument(
        "-o", "--output", dest="out", required=True, metavar="DIRECTORY", help="output directory"
    )


def add_resume(parser: Parser) -> None:
    """Add ``--resume``."""
    parser.output.add_argument(
        "--resume",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="resume from checkpoints (default: %(default)s)",
    )


def add_hardware(parser: Parser, *, devices: bool = True) -> None:
    """Add ``--accelerator``, and ``--devices`` if training can use several."""
    add = parser.advanced.add_argument
    add("--accelerator", default="cpu", metavar="NAME", help="cpu or gpu (default: %(default)s)")
    if devices:
        add(
            "--devices",
            type=int,
            default=1,
            metavar="N",
            help="number of devices; several use DDP (default: %(default)s)",
        )


def check_data(paths: Sequence[str]) -> None:
    """Raise an error for files and directories that do not exist, before libraries are imported for seconds."""
    missing = [path for path in paths if not Path(path).exists()]
    if missing:
        raise FileNotFoundError(f"--data: {', '.join(missing)} {'do' if len(missing) > 1 else 'does'} not exist.")
