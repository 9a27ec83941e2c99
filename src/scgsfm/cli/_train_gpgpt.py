"""``scgsfm train gpgpt …``."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from ._outputs import check_directory
from ._train_options import add_hardware, add_resume, add_run_output, add_settings, check_data

if TYPE_CHECKING:
    from scgsfm.models.gpgpt import TrainConfig


def train_gpgpt(args: argparse.Namespace) -> None:
    """Train a stage of GP-GPT and print its directory."""
    from scgsfm.models.gpgpt import TrainConfig

    from ._parser import Parser

    parser = Parser(
        general=False,
        prog="scgsfm train gpgpt",
        description="Train a language model of genes, phenotypes and diseases.",
        examples=["scgsfm train gpgpt --stage 1 --data corpus -o read"],
    )
    text = "corpus from training/build_gpgpt_corpus.py"
    parser.input.add_argument("--data", required=True, metavar="CORPUS", help=text)
    add = parser.method.add_argument
    add("--stage", type=int, choices=[1, 2], required=True, help="1: pretraining, 2: instruction tuning")
    add("--base", metavar="MODEL", help="directory or hub id of the base model (required for stage 2)")
    add_run_output(parser)
    add_resume(parser)
    parser.output.add_argument(
        "--merged",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also write the base model with merged adapters (default: %(default)s)",
    )
    text = "steps between validations (default: %(default)s)"
    parser.advanced.add_argument("--validate-every", type=int, default=250, metavar="N", help=text)
    add_hardware(parser)
    add_settings(parser.add_argument_group("Settings", "Fields of TrainConfig, see docs/gpgpt.md."), TrainConfig)
    parser.check_options(args.arguments)
    given = vars(parser.parse_args(args.arguments))
    check_directory(Path(given["out"]))
    settings = {field.name: given.pop(field.name) for field in fields(TrainConfig)}
    config = TrainConfig(**settings | {"mixture": dict(settings["mixture"])})
    _refuse_unused(config, **{name: given[name] for name in ("stage", "base", "merged")})
    check_data([given["data"]])
    from scgsfm.models.gpgpt import train

    print("Wrote", train(given.pop("data"), given.pop("out"), **given, config=config))


def _refuse_unused(config: TrainConfig, *, stage: int, base: str | None, merged: bool) -> None:
    """Refuse settings that have no effect in this run."""
    adapts = config.adapters in ("lora", "qlora") or (config.adapters == "auto" and base is not None)
    reasons: dict[str, str] = {}
    if base is not None:
        names = ("vocab_size", "hidden_size", "layers", "heads", "feed_forward")
        reasons |= dict.fromkeys(names, "is for a model from scratch, without --base")
    if not adapts:
        reasons |= dict.fromkeys(("rank", "alpha"), "is for adapters")
    if stage == 2:
        reasons["infill"] = "is for --stage 1"
    defaults = {field.name: field.default for field in fields(config)}
    unused = [name for name in reasons if getattr(config, name) != defaults[name]]
    if unused:
        raise ValueError(f"--{unused[0].replace('_', '-')} {reasons[unused[0]]} and has no effect here: omit it.")
    if not merged and not adapts:
        raise ValueError("--no-merged is for adapters and has no effect here: omit it.")
