"""``scgsfm train gpgpt …``."""

from __future__ import annotations

import argparse
from dataclasses import fields

from ._train_options import add_settings


def train_gpgpt(args: argparse.Namespace) -> None:
    """Train a stage of GP-GPT and print its directory."""
    from scgsfm.models.gpgpt import TrainConfig, train

    parser = argparse.ArgumentParser(
        prog=f"scgsfm train {args.kind}", description="Train a language model of genes, phenotypes and diseases."
    )
    parser.add_argument(
        "--stage", type=int, choices=[1, 2], required=True, help="1: pretraining, 2: instruction tuning"
    )
    parser.add_argument("--base", metavar="MODEL", help="directory or hub id of the base model (required for stage 2)")
    parser.add_argument("--data", required=True, metavar="CORPUS", help="corpus from training/build_gpgpt_corpus.py")
    parser.add_argument("-o", "--out", required=True, help="output directory")
    parser.add_argument("--resume", action=argparse.BooleanOptionalAction, default=True, help="resume from checkpoints")
    parser.add_argument(
        "--merged",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also write the base model with merged adapters",
    )
    parser.add_argument(
        "--validate-every", type=int, default=250, help="steps between validations (default: %(default)s)"
    )
    parser.add_argument("--accelerator", default="cpu", help="cpu or gpu (default: %(default)s)")
    parser.add_argument(
        "--devices", type=int, default=1, help="number of devices; several use DDP (default: %(default)s)"
    )
    add_settings(parser.add_argument_group("settings", "Fields of TrainConfig, see docs/gpgpt.md."), TrainConfig)
    given = vars(parser.parse_args(args.arguments))
    settings = {field.name: given.pop(field.name) for field in fields(TrainConfig)}
    config = TrainConfig(**settings | {"mixture": dict(settings["mixture"])})
    try:
        print("Wrote", train(given.pop("data"), given.pop("out"), **given, config=config))
    except ImportError as error:
        raise ValueError(error) from error
