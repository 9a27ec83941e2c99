"""``scgsfm train gsfm …``."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The kind of model; its own module knows the rest, which would load torch."""
    parser.add_argument("kind", choices=["gsfm"], help="what to train")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="see `scgsfm train gsfm --help`")


def run(args: argparse.Namespace) -> None:
    """Hand over to the training module."""
    from scgsfm.models.gsfm import _train

    parser = argparse.ArgumentParser(prog=f"scgsfm train {args.kind}", description="Train a GSFM on gene sets.")
    _train.add_arguments(parser)
    _train.run(parser.parse_args(args.arguments))
