"""``scgsfm train gsfm …``, ``scgsfm train gpgpt …`` and ``scgsfm train r3lm …``."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from ._inputs import read_genes
from ._outputs import add_force, check_directory
from ._train_gpgpt import train_gpgpt
from ._train_options import add_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Kind of model. Its other arguments are added later, because they import torch."""
    parser.add_argument("kind", choices=list(KINDS), help="kind of model")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="see `scgsfm train gsfm --help`")


def run(args: argparse.Namespace) -> None:
    """Train a model and print its directory."""
    KINDS[args.kind](args)


def _gsfm(args: argparse.Namespace) -> None:
    from scgsfm.models.gsfm import TrainConfig, train

    parser = argparse.ArgumentParser(prog=f"scgsfm train {args.kind}", description="Train a GSFM on gene sets.")
    _add_run(parser)
    add_settings(parser.add_argument_group("settings", "Fields of TrainConfig, see docs/training.md."), TrainConfig)
    given = vars(parser.parse_args(args.arguments))
    settings = {field.name: given.pop(field.name) for field in fields(TrainConfig)}
    check_directory(Path(given["out"]))
    genes = given.pop("genes")
    allowed = set(read_genes([genes])) if genes else None
    settings |= {name: dict(settings[name]) for name in ("group_weights", "neighbour_groups")}
    config = TrainConfig(**settings | {"visible": tuple(settings["visible"])})
    print("Wrote", train(**given, config=config, allowed=allowed))


def _r3lm(args: argparse.Namespace) -> None:
    from scgsfm.models.r3lm import StageConfig, train

    parser = argparse.ArgumentParser(
        prog=f"scgsfm train {args.kind}", description="Train a stage of R3LM on sequences."
    )
    parser.add_argument(
        "--stage", type=int, choices=[1, 2], required=True, help="1: write reasoning traces, 2: predict activity"
    )
    parser.add_argument(
        "--base", required=True, help="directory or hub id of a causal language model (stage 2: of stage 1)"
    )
    parser.add_argument("--data", required=True, help="tab-separated table: sequence, activity per cell type, fold")
    parser.add_argument("-o", "--out", required=True, help="output directory")
    parser.add_argument("--cell-types", nargs="+", required=True, help="columns with activities")
    parser.add_argument("--held-out", nargs="*", type=int, default=[], metavar="FOLD", help="folds that are held out")
    parser.add_argument(
        "--motifs", default="jaspar2026", help="name of embedded motifs, or a motif file (default: %(default)s)"
    )
    parser.add_argument("--limit", type=int, help="maximum number of training sequences")
    parser.add_argument("--accelerator", default="cpu", help="cpu or gpu (default: %(default)s)")
    parser.add_argument("--precision", default="32-true", help="e.g. bf16-mixed (default: %(default)s)")
    add_settings(parser.add_argument_group("settings", "Fields of StageConfig, see docs/regulatory.md."), StageConfig)
    add_force(parser)
    given = vars(parser.parse_args(args.arguments))
    check_directory(Path(given["out"]), replaced=("config.json",), force=given.pop("force"))
    config = StageConfig(**{field.name: given.pop(field.name) for field in fields(StageConfig)})
    print("Wrote", train(given.pop("data"), given.pop("out"), **given, config=config))


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", nargs="+", required=True, help="GMT files, directories of GMT files, or a corpus directory"
    )
    parser.add_argument("-o", "--out", required=True, help="output directory")
    parser.add_argument("--resume", action=argparse.BooleanOptionalAction, default=True, help="resume from checkpoints")
    parser.add_argument("--genes", metavar="FILE", help="genes allowed in the vocabulary, one per line")
    parser.add_argument(
        "--min-count", type=int, default=20, help="minimum number of sets of a gene (default: %(default)s)"
    )
    parser.add_argument(
        "--min-genes", type=int, default=5, help="minimum number of genes of a set (default: %(default)s)"
    )
    parser.add_argument("--name", default="gsfm", help="for the model card (default: %(default)s)")
    parser.add_argument("--licence", default="not stated", help="for the model card (default: %(default)s)")
    parser.add_argument(
        "--validate-every", type=int, default=1000, help="steps between validations (default: %(default)s)"
    )
    parser.add_argument(
        "--patience",
        type=int,
        default=10,
        help="validations without improvement before stopping (default: %(default)s)",
    )
    parser.add_argument("--accelerator", default="cpu", help="cpu or gpu (default: %(default)s)")
    parser.add_argument(
        "--devices", type=int, default=1, help="number of devices; several use DDP (default: %(default)s)"
    )
    parser.add_argument(
        "--quantize", choices=["float16", "int8"], help="number format of the stored weights (default: float32)"
    )


KINDS = {"gsfm": _gsfm, "gpgpt": train_gpgpt, "r3lm": _r3lm}
"""Training function of each kind of model."""
