"""``scgsfm skill FOLDER``."""

from __future__ import annotations

import shutil
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

from scgsfm._logging import logger

from ._outputs import add_force

if TYPE_CHECKING:
    import argparse

    from ._parser import Parser

EXAMPLES = ("scgsfm skill skills/scgsfm",)


def add_arguments(parser: Parser) -> None:
    """Folder to write."""
    parser.output.add_argument(
        "folder", type=Path, metavar="FOLDER", help="folder to write SKILL.md and references/ to"
    )
    add_force(parser)


def run(args: argparse.Namespace) -> None:
    """Copy the files of the skill."""
    with as_file(files("scgsfm") / "data" / "skill") as skill:
        names = sorted(file.relative_to(skill) for file in skill.rglob("*") if file.is_file())
        if not args.force and (existing := [args.folder / name for name in names if (args.folder / name).exists()]):
            message = f"{existing[0]} exists. Give another folder, or --force to replace the skill in it."
            raise FileExistsError(message)
        shutil.copytree(skill, args.folder, dirs_exist_ok=True)
    logger.info("Wrote the skill to %s.", args.folder)
