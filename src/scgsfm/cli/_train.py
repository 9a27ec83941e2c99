"""``scgsfm train gsfm …``, ``scgsfm train gpgpt …`` and ``scgsfm train r3lm …``."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from ._inputs import read_genes
from ._outputs import add_force, check_directory
from ._train_gpgpt import train_gpgpt
from ._train_options import add_hardware, add_resume, add_run_output, add_settings, check_data
from ._value_types import one_of

if TYPE_CHECKING:
    from ._parser import Parser

EXAMPLES = (
    "scgsfm train gsfm --data gene-sets -o run --name my-model",
    "scgsfm train gpgpt --stage 1 --data corpus -o read",
    "scgsfm train r3lm --stage 1 --base Qwen/Qwen3-4B --data activity.tsv --cell-types HepG2 K562 -o stage1",
    "scgsfm train gsfm --help",
)


def add_arguments(parser: Parser) -> None:
    """Kind of model. Its other arguments are added later, because they are fields of its configuration."""
    parser.input.add_argument("kind", type=one_of(KINDS), metavar="KIND", help=f"kind of model: {', '.join(KINDS)}")
    parser.input.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="...", help="options of the kind, see `scgsfm train gsfm --help`"
    )
    parser.own_options = False


def run(args: argparse.Namespace) -> None:
    """Train a model and print its directory."""
    KINDS[args.kind](args)


def _gsfm(args: argparse.Namespace) -> None:
    from scgsfm.models.gsfm import TrainConfig

    from ._parser import Parser

    parser = Parser(
        general=False, prog="scgsfm train gsfm", description="Train a GSFM on gene sets.", examples=EXAMPLES[:1]
    )
    _add_run(parser)
    add_settings(parser.add_argument_group("Settings", "Fields of TrainConfig, see docs/training.md."), TrainConfig)
    parser.check_options(args.arguments)
    given = vars(parser.parse_args(args.arguments))
    settings = {field.name: given.pop(field.name) for field in fields(TrainConfig)}
    check_directory(Path(given["out"]))
    settings |= {name: dict(settings[name]) for name in ("group_weights", "neighbour_groups")}
    config = TrainConfig(**settings | {"visible": tuple(settings["visible"])})
    check_data(given["data"])
    genes = given.pop("genes")
    allowed = set(read_genes([genes])) if genes else None
    from scgsfm.models.gsfm import train

    print("Wrote", train(**given, config=config, allowed=allowed))


def _r3lm(args: argparse.Namespace) -> None:
    from scgsfm.models.r3lm import StageConfig

    from ._parser import Parser

    parser = Parser(
        general=False,
        prog="scgsfm train r3lm",
        description="Train a stage of R3LM on sequences.",
        examples=EXAMPLES[2:3],
    )
    add = parser.input.add_argument
    add("--data", required=True, metavar="TABLE", help="tab-separated table: sequence, activity per cell type, fold")
    add("--cell-types", nargs="+", required=True, metavar="NAME", help="columns with activities")
    add("--held-out", nargs="*", type=int, default=[], metavar="FOLD", help="folds that are held out")
    add("--limit", type=int, metavar="N", help="maximum number of training sequences (default: all)")
    add = parser.method.add_argument
    add("--stage", type=int, choices=[1, 2], required=True, help="1: write reasoning traces, 2: predict activity")
    text = "directory or hub id of a causal language model (stage 2: of stage 1)"
    add("--base", required=True, metavar="MODEL", help=text)
    text = "name of embedded motifs, or a motif file (default: %(default)s)"
    add("--motifs", default="jaspar2026", metavar="NAME|FILE", help=text)
    add_run_output(parser)
    add_force(parser)
    add_hardware(parser, devices=False)
    text = "such as bf16-mixed (default: %(default)s)"
    parser.advanced.add_argument("--precision", default="32-true", metavar="NAME", help=text)
    add_settings(parser.add_argument_group("Settings", "Fields of StageConfig, see docs/regulatory.md."), StageConfig)
    parser.check_options(args.arguments)
    given = vars(parser.parse_args(args.arguments))
    check_directory(Path(given["out"]), replaced=("config.json",), force=given.pop("force"))
    config = StageConfig(**{field.name: given.pop(field.name) for field in fields(StageConfig)})
    check_data([given["data"]])
    from scgsfm.models.r3lm import train

    print("Wrote", train(given.pop("data"), given.pop("out"), **given, config=config))


def _add_run(parser: Parser) -> None:
    add = parser.input.add_argument
    text = "GMT files, directories of GMT files, or a corpus directory"
    add("--data", nargs="+", required=True, metavar="PATH", help=text)
    add("--genes", metavar="FILE", help="genes allowed in the vocabulary, one per line (default: all)")
    text = "minimum number of sets of a gene (default: %(default)s)"
    add("--min-count", type=int, default=20, metavar="N", help=text)
    text = "minimum number of genes of a set (default: %(default)s)"
    add("--min-genes", type=int, default=5, metavar="N", help=text)
    add_run_output(parser)
    add_resume(parser)
    add = parser.output.add_argument
    add("--name", default="gsfm", help="for the model card (default: %(default)s)")
    add("--licence", default="not stated", metavar="TEXT", help="for the model card (default: %(default)s)")
    text = "number format of the stored weights (default: float32)"
    add("--quantize", choices=["float16", "int8"], help=text)
    add = parser.advanced.add_argument
    text = "steps between validations (default: %(default)s)"
    add("--validate-every", type=int, default=1000, metavar="N", help=text)
    text = "validations without improvement before stopping (default: %(default)s)"
    add("--patience", type=int, default=10, metavar="N", help=text)
    add_hardware(parser)


KINDS = {"gsfm": _gsfm, "gpgpt": train_gpgpt, "r3lm": _r3lm}
"""Training function of each kind of model."""
